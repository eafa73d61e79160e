# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that a deployment gives to the controller, in a root tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent import account
from ansible_collections.groundup.cloud.plugins.module_utils.provision.agent.refusal import Refusal

FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nsshd:x:101:65534::/run/sshd:/usr/sbin/nologin\n"
    "debian:x:1000:1000::/srv/debian:/bin/bash\n",
    "etc/shadow": "root:*:20000:0:99999:7:::\n",
    "etc/group": "root:x:0:\ndebian:x:1000:\nstaff:x:1001:\n",
    "etc/gshadow": "root:*::\n",
    "usr/bin/sudo": "",
}
KEYS = ["ssh-ed25519 AAAA me "]


@pytest.fixture(name="root")
def _root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    owners: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(
        os, "chown", lambda path, uid, gid: owners.update({os.path.relpath(path, tmp_path): (uid, gid)})
    )
    monkeypatch.setattr(account, "OWNERS", owners, raising=False)
    return tmp_path


def write(root: Path, **seed: Any) -> dict[str, tuple[int, int]]:
    """Write the account, and return the owners that were set by path."""
    account.write(str(root), {"authorized_keys": KEYS, **seed})
    owners: dict[str, tuple[int, int]] = account.OWNERS  # type: ignore[attr-defined]
    return owners


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_root_gets_the_keys_and_nothing_else(root: Path) -> None:
    owners = write(root)
    assert (root / "root/.ssh/authorized_keys").read_text() == "ssh-ed25519 AAAA me\n"
    assert (mode(root / "root/.ssh"), mode(root / "root/.ssh/authorized_keys")) == (0o700, 0o600)
    assert set(owners.values()) == {(0, 0)}
    assert not (root / "etc/sudoers.d").exists() and not (root / "etc/ssh").exists()
    assert (root / "etc/passwd").read_text() == FILES["etc/passwd"]


def test_root_without_keys_has_no_file(root: Path) -> None:
    write(root, authorized_keys=[])
    assert not (root / "root").exists()


def test_another_account_is_created_and_root_may_not_log_in(root: Path) -> None:
    """Its uid is one that neither a user nor a group has; it has no password, and sudo without one."""
    owners = write(root, user="ops")
    assert (root / "etc/passwd").read_text().endswith("ops:x:1002:1002:groundup.cloud:/home/ops:/bin/bash\n")
    assert (root / "etc/shadow").read_text().endswith("ops:*::0:99999:7:::\n")
    assert (root / "etc/group").read_text().endswith("ops:x:1002:\n")
    assert (root / "etc/sudoers.d/groundup").read_text() == "ops ALL=(ALL:ALL) NOPASSWD: ALL\n"
    assert mode(root / "etc/sudoers.d/groundup") == 0o440
    assert (root / "etc/ssh/sshd_config.d/00-groundup-root.conf").read_text() == "PermitRootLogin no\n"
    assert (root / "home/ops/.ssh/authorized_keys").read_text() == "ssh-ed25519 AAAA me\n"
    assert owners == dict.fromkeys(("home/ops", "home/ops/.ssh", "home/ops/.ssh/authorized_keys"), (1002, 1002))
    assert not (root / "root").exists()


def test_an_account_of_the_image_is_taken_as_it_is(root: Path) -> None:
    write(root, user="debian")
    assert (root / "etc/passwd").read_text() == FILES["etc/passwd"]
    assert (root / "srv/debian/.ssh/authorized_keys").exists()
    assert (root / "etc/sudoers.d/groundup").read_text().startswith("debian ")


def test_a_group_of_the_same_name_is_taken(root: Path) -> None:
    write(root, user="staff")
    assert ":1002:1001:" in (root / "etc/passwd").read_text()
    assert (root / "etc/group").read_text() == FILES["etc/group"]


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("sshd", "is a system account of the image; give another access.user"),
        ("a b", "can't be the name of an account"),
        ("ops\nroot2", "can't be the name of an account"),
    ],
)
def test_other_accounts_are_refused(root: Path, user: str, words: str) -> None:
    with pytest.raises(Refusal, match=words) as refused:
        write(root, user=user)
    assert refused.value.code == "plan"
    assert (root / "etc/passwd").read_text() == FILES["etc/passwd"]


def test_an_image_without_sudo_is_refused_before_the_account_is_made(root: Path) -> None:
    (root / "usr/bin/sudo").unlink()
    with pytest.raises(Refusal, match=r"the image has no sudo.*add the package sudo to the image"):
        write(root, user="ops")
    assert (root / "etc/passwd").read_text() == FILES["etc/passwd"]
