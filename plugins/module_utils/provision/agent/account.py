# SPDX-License-Identifier: GPL-3.0-or-later
"""The account by which the controller logs in, in a freshly written root: its keys, and sudo where it is not root."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .refusal import Refusal

#: The same rule as that of `access.user` in the model.
NAME = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
#: User ids of accounts of people (login.defs(5), UID_MIN and UID_MAX).
IDS = range(1000, 60000)
_SUDO = "usr/bin/sudo"
_SUDOERS = "etc/sudoers.d/groundup"
_SSHD = "etc/ssh/sshd_config.d/00-groundup-root.conf"


class Account(NamedTuple):
    """An account of the new root; `home` is an absolute path in it."""

    name: str
    uid: int
    gid: int
    home: str


def write(root: str, seed: Mapping[str, Any]) -> None:
    """Writes the keys of the seed's `user`. One that is not root is created, with sudo and without a password.

    Root has no keys then, and sshd refuses its login. Raises Refusal(plan) for an account that can't be used.
    """
    keys, name = [str(key).strip() for key in seed.get("authorized_keys") or ()], str(seed.get("user") or "root")
    if name == "root":
        if keys:
            _authorize(root, Account("root", 0, 0, "/root"), keys)
        return
    if not NAME.fullmatch(name):
        raise Refusal("plan", f"seed.user: {name} can't be the name of an account", "give another access.user")
    if not os.path.exists(os.path.join(root, _SUDO)):
        raise Refusal(
            "plan",
            f"the image has no sudo, which the account {name} needs to become root",
            "add the package sudo to the image, or write access.user: root",
        )
    account = _existing(root, name) or _created(root, name)
    _authorize(root, account, keys)
    _file(root, _SUDOERS, f"{name} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)
    _file(root, _SSHD, "PermitRootLogin no\n", 0o644)


def _lines(root: str, path: str) -> list[list[str]]:
    """The fields of each line of a file such as /etc/passwd."""
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return [line.rstrip("\n").split(":") for line in file if line.strip()]
    except FileNotFoundError:
        return []


def _existing(root: str, name: str) -> Account | None:
    """The account of that name, if the image has one for people."""
    found = next((fields for fields in _lines(root, "etc/passwd") if fields[0] == name), None)
    if found is None:
        return None
    account = Account(name, int(found[2]), int(found[3]), found[5])
    if account.uid not in IDS:
        raise Refusal(
            "plan", f"seed.user: {name} is a system account of the image", "give another access.user in the model"
        )
    return account


def _created(root: str, name: str) -> Account:
    """A new account with a group and a home of its own, and without a password (shadow(5): `*` matches none)."""
    groups = _lines(root, "etc/group")
    taken = {int(fields[2]) for fields in (*_lines(root, "etc/passwd"), *groups)}
    number = next(uid for uid in IDS if uid not in taken)
    own = next((int(fields[2]) for fields in groups if fields[0] == name), None)
    account = Account(name, number, number if own is None else own, f"/home/{name}")
    if own is None:
        _append(root, "etc/group", f"{name}:x:{number}:")
        _append(root, "etc/gshadow", f"{name}:!::")
    _append(root, "etc/shadow", f"{name}:*::0:99999:7:::")
    _append(root, "etc/passwd", f"{name}:x:{number}:{account.gid}:groundup.cloud:{account.home}:/bin/bash")
    return account


def _append(root: str, path: str, line: str) -> None:
    """Appends to a file whose mode and owner stay."""
    with open(os.path.join(root, path), "a", encoding="utf-8") as file:
        file.write(line + "\n")


def _authorize(root: str, account: Account, keys: Sequence[str]) -> None:
    """Writes the account's authorized_keys; sshd wants nobody else to have access to it (StrictModes)."""
    home = os.path.join(root, account.home.lstrip("/"))
    ssh = os.path.join(home, ".ssh")
    for directory in (home, ssh):
        if not os.path.isdir(directory):
            os.makedirs(directory)
            os.chmod(directory, 0o700)
            os.chown(directory, account.uid, account.gid)
    os.chmod(ssh, 0o700)
    path = os.path.join(ssh, "authorized_keys")
    _file(root, os.path.relpath(path, root), "".join(f"{key}\n" for key in keys), 0o600)
    os.chown(path, account.uid, account.gid)


def _file(root: str, path: str, content: str, mode: int) -> None:
    target = os.path.join(root, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.lexists(target):
        os.unlink(target)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as out:
        out.write(content)
    os.chmod(target, mode)
