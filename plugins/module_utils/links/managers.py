# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the wanted backend is the one that manages the host's NICs, or another program does."""

from __future__ import annotations

from ..host.state import HostError
from ..host.system import System
from .backends import BACKENDS
from .live import Live
from .parts import NetworkSpec

#: states of devices (nmcli(1), ``device status``) that NetworkManager does not configure
LEFT_ALONE = ("unmanaged", "connected (externally)")
#: states of links that systemd-networkd configures (networkctl(1), ``list``, column SETUP)
CONFIGURED = ("configured", "configuring", "failed")


def refuse_others(spec: NetworkSpec, live: Live, system: System, *, runs: bool, has_files: bool) -> None:
    """HostError where another program than the wanted backend manages the NICs of the links.

    ``runs``: whether the backend's unit is active. Where it is not, starting it would take over the links, unless it
    has files of ours (``has_files``): then it was stopped by hand and is started again.
    """
    own = BACKENDS[spec.backend]
    name, other = next((name, one) for name, one in BACKENDS.items() if name != spec.backend)
    other_runs = is_active(other.service, system)
    if not runs and not has_files:
        if other_runs:
            raise HostError(
                f"{own.title} does not run here, and {other.title} does; write backend: {name}, or move the "
                f"configuration of this host to {own.title} first"
            )
        raise HostError(
            f"{own.title} does not run here, so another program manages this network (ifupdown?); "
            f"move that configuration to {own.title} first"
        )
    nics = [str(found["ifname"]) for nic in spec.nics if (found := live.nic(nic.mac))]
    if other_runs and (taken := managed(name, nics, system)):
        raise HostError(
            f"{other.title} manages {', '.join(taken)} here; write backend: {name}, or make {other.title} leave "
            f"{'it' if len(taken) == 1 else 'them'} to {own.title} first"
        )
    if spec.backend == "networkmanager" and runs and (left := [nic for nic in nics if is_unmanaged(nic, system)]):
        raise HostError(
            f"NetworkManager leaves {', '.join(left)} alone (nmcli device: unmanaged), so another program manages it "
            "(ifupdown?); make NetworkManager manage it first"
        )


def is_active(service: str, system: System) -> bool:
    """Whether a unit runs; it need not exist."""
    return system.run(["systemctl", "is-active", service], check=False).strip() == "active"


def managed(backend: str, nics: list[str], system: System) -> list[str]:
    """Those of some NICs that a backend which runs configures."""
    if backend == "networkd":
        answer = system.run(["networkctl", "--no-legend", "--no-pager", "list"], check=False)
        setups = {words[1]: words[4] for line in answer.splitlines() if len(words := line.split()) > 4}
        return [nic for nic in nics if setups.get(nic) in CONFIGURED]
    states = device_states(system)
    return [nic for nic in nics if states.get(nic, LEFT_ALONE[0]) not in LEFT_ALONE]


def is_unmanaged(nic: str, system: System) -> bool:
    """Whether NetworkManager, which runs, does not manage a NIC."""
    return device_states(system).get(nic) == LEFT_ALONE[0]


def device_states(system: System) -> dict[str, str]:
    """NetworkManager's states by device, such as ``connected``."""
    answer = system.run(["nmcli", "-t", "-f", "DEVICE,STATE", "device", "status"], check=False)
    pairs = [line.rpartition(":") for line in answer.splitlines()]
    return {name.replace("\\:", ":"): state for name, _colon, state in pairs}
