# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible was given as inventory, and why that is not exactly one model: the reasons for a user.

Ansible reports success when an inventory has no hosts, and it joins all inventories that it is given into one.
"""

from __future__ import annotations

import os
import pathlib
import re
import typing as t

from .documents import is_model_name
from .problems import Problem, choose, nearest

#: The inventory of Ansible where the user names none.
DEFAULT = "/etc/ansible/hosts"
NAMES = "cloud.yml or NAME.cloud.yml"
VAULT_HEADER = b"$ANSIBLE_VAULT"
GIVE_PASSWORD = (
    "give the vault's password, by --ask-vault-pass, --vault-password-file or vault_password_file in ansible.cfg"
)
_PLUGIN = re.compile(r"^plugin:\s*['\"]?groundup\.cloud\.cloud['\"]?\s*(#.*)?$", re.MULTILINE)
#: Characters of a file in which its key `plugin` is searched.
_HEAD = 65_536


def misnamed(path: str) -> Problem | None:
    """The problem of a file that says that it is a model, and whose name says that it is none."""
    file = pathlib.Path(path)
    if is_model_name(file.name) or file.suffix not in (".yml", ".yaml") or not file.is_file():
        return None
    with file.open(encoding="utf-8", errors="replace") as stream:
        if not _PLUGIN.search(stream.read(_HEAD)):
            return None
    better = file.with_name(f"{file.stem}.cloud{file.suffix}").name
    return Problem(path, "", "is a model, and its name does not end with cloud.yml", f"rename it to {better}")


def absent(path: str) -> Problem | None:
    """The problem of an inventory that is no list of hosts and does not exist, which Ansible's error does not say."""
    place = pathlib.Path(path)
    if "," in path or path == DEFAULT or place.exists():
        return None
    beside = [entry.name for entry in place.parent.iterdir()] if place.parent.is_dir() else []
    best = nearest(place.name, beside)
    remedy = (
        f"did you mean {place.with_name(best)}?" if best else f"give Ansible the path of a {NAMES}, or its directory"
    )
    return Problem(path, "", "does not exist", remedy)


def alone(part: pathlib.Path, head: pathlib.Path, sources: t.Iterable[str]) -> Problem | None:
    """The problem of a file without `name` that is given to Ansible without the file that has the model's name."""
    given = {pathlib.Path(source) for source in sources}
    if part not in given or given & {head, *head.parents}:
        return None
    remedy = f"give Ansible the whole model: -i {head.parent}"
    return Problem(str(part), "", f"is part of the model whose name is in {head}, and was given without it", remedy)


def second(first: str, other: str) -> Problem:
    """The problem of an inventory with two models."""
    message = f"is a model, and so is {other}, in the same inventory: they would overwrite each other's variables"
    return Problem(first, "", message, "give Ansible the file or directory of one model")


def overridden(group: str, variables: t.Iterable[str]) -> t.Iterator[Problem]:
    """The problems of variables of a group that the model sets for each host, whose own variables take precedence."""
    for name in sorted(variables):
        message = f"{name} is not used: each host has its own from the model, which takes precedence over a group's"
        remedy = f"set what you need in the model, or replace {name} of one host in host_vars/HOST"
        yield Problem(f"group_vars/{group}", "", message, remedy)


def unread(directory: pathlib.Path, group: str, reason: str) -> Problem:
    """The problem of variables of a group, in files beside the model, that Ansible can't read.

    Ansible names no file that it can't decrypt, so those of the group that are encrypted are named.
    """
    places = [directory / "group_vars" / f"{group}{ending}" for ending in ("", ".yml", ".yaml", ".json")]
    files = sorted(file for place in places for file in (place, *place.rglob("*")) if file.is_file())
    encrypted = [file for file in files if file.read_bytes().startswith(VAULT_HEADER)]
    names = ", ".join(str(file.relative_to(directory)) for file in encrypted) or f"group_vars/{group}"
    return Problem(names, "", f"can't be read: {reason}", GIVE_PASSWORD if encrypted else "correct the file")


def named(sources: t.Iterable[str]) -> list[str]:
    """The sources that a user named: on the command line, in the environment or in the configuration."""
    return [source for source in sources if source != DEFAULT]


def without_model(sources: t.Iterable[str]) -> str:
    """Why an inventory from these sources has no hosts of a cloud, and the remedy."""
    reasons = [_lack(source) for source in named(sources)]
    why = "; ".join(reasons) if reasons else "no inventory was given"
    return f"there is no model of a cloud: {why}; give Ansible one with -i: a {NAMES}, or its directory"


def _lack(source: str) -> str:
    if "," in source and not os.path.exists(source):
        return f"{source} is a list of hosts"
    if not os.path.exists(source):
        return f"{source} does not exist"
    names = os.listdir(source) if os.path.isdir(source) else [os.path.basename(source)]
    if any(map(is_model_name, names)):
        return (
            f"{source} was not read as a model, which begins with plugin: groundup.cloud.cloud and needs the inventory "
            "plugin of this name, or auto, to be enabled"
        )
    return f"{source} contains no {NAMES}" if os.path.isdir(source) else f"{source} is not named {NAMES}"


def no_hosts(target: str, limit: str | None, known: t.Iterable[str]) -> str:
    """Why a play has no hosts although the inventory has a model, and the remedy."""
    if limit is None:
        return f"target: {target} matches no host or group of the inventory; {choose(target, known)}"
    if target == "all":
        return f"--limit {limit} matches no host of the inventory; {choose(limit, known)}"
    return f"--limit {limit} leaves none of the hosts of {target}, on which this playbook runs; leave the limit out"


def unknown_names(limit: t.Iterable[str], known: t.Iterable[str]) -> list[str]:
    """The names in the patterns of a limit that no host or group has; what is no plain name is left to Ansible."""
    return [name for name in limit if re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) and name not in set(known)]


def unknown_tag(chosen: t.Iterable[str], skipped: t.Iterable[str], known: t.Iterable[str]) -> str:
    """Why a run may not begin with these tags, or an empty string: no task has one of them.

    Nothing would be done, and Ansible would report success. Programs give the same tags to skip to all playbooks, so of
    those only one that is nearly a tag is a mistake.
    """
    words = set(known)
    for tag in chosen:
        if tag not in words:
            remedy = choose(tag, words) if words else "leave the tags out: this playbook has none"
            return f"--tags {tag}: no task has this tag, so nothing would be done for it; {remedy}"
    for tag in skipped:
        best = "" if tag in words else nearest(tag, words)
        if best:
            return f"--skip-tags {tag}: no task has this tag, so nothing would be skipped; did you mean {best}?"
    return ""
