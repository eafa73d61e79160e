# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages: which ones are installed, and the installation of missing ones."""

from __future__ import annotations

from collections.abc import Iterable

from .system import System

#: apt source of the bundle. While it exists, missing packages are installed from it alone: a host without
#: internet would wait for the timeouts of all others.
OWN_SOURCE = "/etc/apt/sources.list.d/groundup.sources"
QUIET = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3")
KEEP = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")


def installed(names: tuple[str, ...], system: System) -> frozenset[str]:
    """Those of ``names`` that are installed; one call for all."""
    if not names:
        return frozenset()
    output = system.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\\n", *names], check=False)
    pairs = (line.split() for line in output.splitlines())
    return frozenset(pair[0] for pair in pairs if len(pair) == 2 and pair[1] == "installed")


def install(names: Iterable[str], system: System) -> None:
    """Fetch the lists, since a missing package may be new on the mirror, and install. HostError with apt's message."""
    own = system.path(OWN_SOURCE).exists()
    only = ("-o", f"Dir::Etc::sourcelist={OWN_SOURCE}", "-o", "Dir::Etc::sourceparts=-") if own else ()
    system.run([*QUIET, *only, "update"])
    system.run([*QUIET, *only, *KEEP, "install", "-y", "--no-install-recommends", *names], timeout=3600)
