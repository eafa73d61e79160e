# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a machine that was not deployed can be configured: its operating system, Python, and an account that is root.

A module needs Python and an account that becomes root, so a shell command looks for both, and this judges its result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEBIAN = ("12", "13")
PYTHON = (3, 11)


def obstacles(result: Mapping[str, Any], user: str, other_way: bool = False) -> list[str]:
    """Why the machine can't be configured, each with its remedy; empty if it can.

    :param result: of the command in playbooks/tasks/existing.yml, as the module `raw` returns it.
    :param user: the account by which Ansible logs in.
    :param other_way: it becomes root by other means than sudo without a password.
    """
    found = _values(str(result.get("stdout") or ""))
    if "uid" not in found:
        said = result.get("stdout") or result.get("stderr") or result.get("msg") or "no output"
        seen = " ".join(str(said).split())
        return [f"the account {user} could not run a command ({seen}); give it a shell, or name another access.user"]
    reasons = []
    if found["uid"] != "0" and found.get("sudo") != "0" and not other_way:
        reasons.append(
            f"the account {user} can't become root by sudo ({found.get('sudo') or 'no output'}); install sudo and "
            f"write `{user} ALL=(ALL:ALL) NOPASSWD: ALL` into /etc/sudoers.d/{user} on it, or give sudo's password by "
            "--ask-become-pass"
        )
    release = found.get("os", "").strip()
    if release not in {f"debian {version}" for version in DEBIAN}:
        reasons.append(
            f"its operating system is {release or 'unknown'}, and this release configures Debian "
            f"{' and '.join(DEBIAN)}; install one of them, or take the machine out of the model"
        )
    python = found.get("python", "").strip()
    if _version(python) < PYTHON:
        has = f"Python {python}" if python else "no Python"
        wanted = ".".join(map(str, PYTHON))
        reasons.append(f"it has {has} as /usr/bin/python3; install Debian's python3, {wanted} or later")
    if found.get("systemd") != "yes":
        reasons.append("systemd does not run on it; use a machine or VM whose init is systemd, not a container")
    return reasons


def _values(text: str) -> dict[str, str]:
    """The lines KEY=VALUE of the command's output; a login may print other lines."""
    pairs = (line.strip().partition("=") for line in text.splitlines() if "=" in line)
    return {key: value for key, _equals, value in pairs}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
