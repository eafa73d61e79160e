# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of the network that is rolled back unless it is confirmed: by a timer, and by a unit at the next boot.

The script confirms it, see links/script.py.
"""

from __future__ import annotations

import ipaddress
import re
import shutil
import time
from pathlib import Path

from ..host import timer
from ..host.state import HostError
from ..host.system import System
from .backends import PLACES, files_of
from .lists import link_lists
from .live import Difference
from .parts import NetworkSpec
from .script import SCRIPT_PATH, STATE, TIMER

CHANGE = f"{STATE}/change"
PENDING = f"{STATE}/pending"
CONFIRMED = f"{STATE}/confirmed"
REVERTING = f"{STATE}/reverting"
#: "Address=10.0.0.2/24" of systemd.network(5), "address1=10.0.0.2/24,10.0.0.1" of a keyfile.
ADDRESS = re.compile(r"^[Aa]ddress\d*\s*=\s*([0-9A-Fa-f.:]+/\d+)", re.MULTILINE)
LISTS = ("devices", "created", "released", "reconfigure", "activate", "restore")


def pending(system: System) -> str | None:
    """Identifier of a change that was armed or switched and is not confirmed yet; None if there is none."""
    try:
        return system.path(PENDING).read_text().strip()
    except FileNotFoundError:
        return None


def confirmed(system: System) -> str | None:
    """Identifier of the change that was confirmed last, None if none was or if another one is pending."""
    if pending(system) is not None:
        return None
    try:
        return system.path(CONFIRMED).read_text().strip()
    except FileNotFoundError:
        return None


def former_addresses(system: System) -> set[str]:
    """Addresses of the previous configuration that the new one doesn't have, as address/prefix."""
    old, new = (_addresses(system.path(f"{CHANGE}/{name}")) for name in ("old", "new"))
    return old - new


def _addresses(directory: Path) -> set[str]:
    """Those in the files of systemd.network(5) and in the keyfiles of NetworkManager, drop-ins among them."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    found = [match for path in files for match in ADDRESS.findall(path.read_text(errors="replace"))]
    return {str(ipaddress.ip_interface(text)) for text in found}


def arm(spec: NetworkSpec, found: list[Difference], system: System) -> str:
    """Save the present files, arm timer and boot unit, and switch a second from now. Returns the change's identifier.

    While a change is pending, the files saved for it stay the ones to restore: they are the last known to work.
    """
    if system.path(REVERTING).exists():
        raise HostError(
            "this host is rolling back an unconfirmed change of its network just now; run again in a minute"
        )
    identifier = pending(system) or f"{time.time():.0f}"
    save(spec, found, system, keep_old=pending(system) is not None)
    system.write(PENDING, identifier.encode())
    start_timer(spec.timeout, system)
    launch(system, "groundup-network-switch", "switch")
    return identifier


def save(spec: NetworkSpec, found: list[Difference], system: System, *, keep_old: bool) -> None:
    """Write the new and the old files and the lists of links for the script network-change."""
    change = system.path(CHANGE)
    for name in ("new", "backend", *LISTS, "switched", *(() if keep_old else ("old",))):
        path = change / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for name, text in files_of(spec).items():
        system.write(f"{CHANGE}/new/{Path(name).name}", text.encode(), mode=0o600)
    old = change / "old"
    old.mkdir(parents=True, exist_ok=True)
    if not keep_old:
        for directory, prefix in PLACES.items():
            for path in system.path(directory).glob(f"{prefix}*"):
                save_copy(path, old / path.name)
    lists = link_lists(spec, found, {path.name: path.read_text() if path.is_file() else "" for path in old.iterdir()})
    for name in LISTS:
        system.write(f"{CHANGE}/{name}", "".join(f"{link}\n" for link in lists[name]).encode())
    system.write(f"{CHANGE}/backend", f"{spec.backend}\n".encode())


def save_copy(path: Path, copy: Path) -> None:
    """Copy a file, or a directory of drop-ins, for the rollback. A dangling symbolic link is left out."""
    if path.is_dir():
        shutil.copytree(path, copy)
    elif path.is_file():
        shutil.copy2(path, copy)


def start_timer(seconds: int, system: System) -> None:
    """Start the timer that rolls the change back; one that runs already is stopped first."""
    timer.arm(TIMER, seconds, [SCRIPT_PATH, "revert"], system)


def launch(system: System, unit: str, verb: str) -> None:
    """Run the script a second later as a unit of its own, since the connection to this host may be cut by it."""
    argv = [
        "systemd-run",
        "--quiet",
        "--collect",
        f"--unit={unit}",
        "--on-active=1",
        "--timer-property=AccuracySec=100ms",
    ]
    system.run([*argv, SCRIPT_PATH, verb])


def revert_now(system: System) -> None:
    """Roll the change back now instead of waiting for the timer."""
    timer.disarm(TIMER, system)
    launch(system, "groundup-network-revert-now", "revert")
