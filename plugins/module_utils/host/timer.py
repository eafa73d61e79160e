# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timers of systemd that do something on this host whatever becomes of the run that armed them."""

from __future__ import annotations

from collections.abc import Sequence

from .system import System


def arm(unit: str, seconds: int, argv: Sequence[str], system: System) -> None:
    """Run a command in so many seconds (systemd-run(1)); a timer of the unit that runs already is stopped first."""
    disarm(unit, system)
    command = ["systemd-run", "--quiet", "--collect", f"--unit={unit}", f"--on-active={seconds}"]
    system.run([*command, "--timer-property=AccuracySec=1s", *argv])


def disarm(unit: str, system: System) -> None:
    """Stop the timer of a unit; no error if none runs."""
    system.run(["systemctl", "stop", f"{unit}.timer"], check=False)
