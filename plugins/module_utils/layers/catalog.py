# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of host layers by name, and how each layer is compared with a host.

A new role adds one line to ASSESS and one to INPUTS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Any

from ..errors import CloudError
from ..host.layer import Warn, assess, silent
from ..host.plan import Plan
from ..host.state import HostError, RefusedError
from ..host.system import System
from ..specs import container_runtime as container_runtime_input
from ..specs import entries
from ..specs import host_base as host_base_input
from ..specs import host_network as host_network_input
from ..specs import kubernetes as kubernetes_input
from ..specs import network_basic as network_basic_input
from ..specs import network_leftovers as network_leftovers_input
from ..specs.check import checked
from ..specs.entries import Layer
from . import container_runtime, host_base, host_network, kubernetes_host, network_basic, network_leftovers

#: Role -> what belongs to its input and is secret, so that it is a variable of its own.
Secrets = Mapping[str, dict[str, Any]]
Inputs = Mapping[str, dict[str, Any]]  # the roles' inputs by the name of their variable

#: role, without the collection's name -> function of the role's input and a host: what would be done
ASSESS: dict[str, Callable[[dict[str, Any], System], Plan]] = {
    "host_network": host_network.assess,
    "host_base": lambda params, system: assess(host_base.renderer(system), params, system),
    "container_runtime": lambda params, system: assess(container_runtime.render, params, system),
    "kubernetes": kubernetes_host.assess,
    "network_basic": network_basic.assess,
    "network_leftovers": network_leftovers.assess,
}
#: The same -> the option that the role's input is.
INPUTS: dict[str, Mapping[str, Any]] = {
    "host_network": host_network_input.CONFIG,
    "host_base": host_base_input.CONFIG,
    "container_runtime": container_runtime_input.CONFIG,
    "kubernetes": kubernetes_input.CONFIG,
    "network_basic": network_basic_input.CONFIG,
    "network_leftovers": network_leftovers_input.CONFIG,
}
#: Not planned without a host, since its deployment writes the network.
NOT_FORESEEN = ("host_network",)


def foresee(layers: Sequence[Layer], inputs: Inputs, secrets: Secrets | None = None) -> dict[str, list[str]]:
    """What each layer would do on a machine that has no operating system yet, as text.

    No host is connected to. The clock is left out, since the controller's would be compared.
    """
    planned = [layer for layer in layers if role_of(layer) not in NOT_FORESEEN]
    with TemporaryDirectory() as root:
        found = probe(planned, inputs, system=Bare(root), secrets=secrets)
    return {name: [step for step in found["steps"][name] if step != "clock clock"] for name in found["differs"]}


class Bare(System):
    """A host with an empty root and the packages of an image, whose only program is a systemd that has no units."""

    def run(self, argv: Sequence[str], **_kwargs: Any) -> str:
        """The output of systemctl show for missing units (systemctl(1)), and of dpkg-query for what images have."""
        if argv[0] == "dpkg-query":
            return "".join(f"{name} installed\n" for name in host_base.PACKAGES)
        if tuple(argv[:2]) != ("systemctl", "show"):
            return ""
        unknown = "LoadState=not-found\nActiveState=inactive\nUnitFileState=\nNeedDaemonReload=no\n"
        return "\n".join([unknown] * len(argv[list(argv).index("--") + 1 :]))


def role_of(layer: Layer) -> str:
    """The layer's role without the collection's name; HostError where no layer of hosts is of that role."""
    return entries.role_of(layer, ASSESS, "a host layer", HostError)


def probe(
    layers: Sequence[Layer],
    inputs: Inputs,
    warn: Warn = silent,
    system: System | None = None,
    secrets: Secrets | None = None,
    kubernetes: Mapping[str, Any] | None = None,
    reset: bool = False,
) -> dict[str, Any]:
    """Which of ``layers`` differ from what is wanted. Changes nothing.

    Returns {differs: [name], steps: {name: [text]}, diff: [{before, after, …}], refused: [text]}. A layer that can't
    be read counts as differing, with the error as its step; its role reports the error. ``refused``: what must not, or
    cannot, be done on this host, so that the run has to end before it changes anything. ``serves``: it is one of
    several control planes of a cluster. ``ready``: its servers answer. ``worker``: it is a worker whose node has to
    stay ready; ``short``: the shortages that this node reports. All three are read only where a layer differs.

    :param kubernetes: the input of the role kubernetes, where its layer is not among those that are compared: the host
        is a control plane all the same.
    :param reset: consent to reset a machine which its cluster does not have as a node.
    """
    steps: dict[str, list[str]] = {}
    refused: list[str] = []
    diff: list[dict[str, str]] = []
    host = system or System()
    own = _checked(kubernetes or {})
    for layer in layers:
        name, role = layer["name"], role_of(layer)
        given = entries.input_of(layer, inputs, HostError)
        try:
            given = checked(role, INPUTS[role], given) if role in INPUTS else given
            given = {**given, **(secrets or {}).get(role, {})}
            if role == "kubernetes":
                own = given
            plan = _assessed(role, given, host, reset=reset)
        except RefusedError as error:
            steps[name] = [f"refused: {error}"]
            refused.append(str(error))
            continue
        except CloudError as error:
            steps[name] = [f"could not be read: {error}"]
            continue
        steps[name] = [str(step) for step in plan.steps]
        diff += plan.diff()
        for text in plan.warnings:
            warn(text)
    differs = [name for name, found in steps.items() if found]
    several = own if own and kubernetes_host.is_one_of_several(own, host) else None
    short = kubernetes_host.shortages(own, host) if differs and own else None
    return {
        "differs": differs,
        "steps": steps,
        "diff": diff,
        "refused": refused,
        "serves": several is not None,
        "ready": not differs or several is None or kubernetes_host.serves(several, host),
        "worker": short is not None,
        "short": short or [],
    }


def _assessed(role: str, given: dict[str, Any], host: System, *, reset: bool) -> Plan:
    return kubernetes_host.assess(given, host, reset=reset) if role == "kubernetes" else ASSESS[role](given, host)


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The input of the role kubernetes; empty where there is none."""
    return checked("kubernetes", INPUTS["kubernetes"], dict(given)) if given else {}
