# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the other control planes are healthy, which has to be so before this one is changed.

A cluster of three control planes works on with two, and not with one. So a change that could take a control plane out
of service is made on one after another, each time only while all others serve.
"""

from __future__ import annotations

import typing as t
import urllib.parse
from pathlib import Path

from ..host.system import System
from ..waiting.deadline import Deadline
from ..waiting.missing import Missing, Row
from ..waiting.wait import TimedOut, wait
from . import etcd, observe, paths
from .access import unready
from .api import Kubeconfig, Refused, Unreachable, connect
from .errors import KubeError, KubeRefusedError
from .settings import API_PORT, Settings

#: Seconds. The one before was changed just now, and its servers may still be starting.
PATIENCE = {"default": 120.0, "slow": 900.0}
#: Seconds without an answer after which a control plane does not serve. A busy one was seen to miss single requests;
#: its change is no repair, which may be made while another one is down.
SILENCE = {"default": 20.0, "slow": 300.0}
#: Seconds for one answer of an API server, which on an emulated machine takes long.
TIMEOUT = 30.0
Health = t.Callable[[etcd.Member], "str"]


def is_one_of_several(settings: Settings, system: System) -> bool:
    """Whether this machine is one of several control planes of a cluster that was made, by its files."""
    attempt = observe.attempt(Path(system.root))
    if settings.single or settings.hosted or not settings.node.control_plane:
        return False
    return system.path(paths.ADMIN_CONF).exists() and (attempt is None or bool(attempt["done"]))


def serves(settings: Settings, system: System) -> bool:
    """Whether the etcd and the API server of this control plane answer. Where not, any change of it is a repair, which
    comes before changes of the others, since those need it."""
    return _members(settings, system) is not None


def require_others(
    settings: Settings,
    system: System,
    consequence: str,
    replaced: t.Collection[str] = (),
    deadline: Deadline | None = None,
    serving: bool = False,
) -> None:
    """Return when all other members of the cluster are healthy; at once where there are none.

    A control plane that does not serve itself, for some time, has nothing to lose, and a change of it is its repair:
    then the others are not read either.

    :param consequence: what is left as it is otherwise, for the message.
    :param replaced: members whose machines join again in this run; they can't be healthy before.
    :param serving: this one has to serve as well, since it is one of those that stay while another is erased.
    :raises KubeRefusedError: naming those that are not, and why.
    """
    if not is_one_of_several(settings, system):
        return
    known = _await_members(settings, system)
    if known is None and serving:
        raise KubeRefusedError(
            f"{consequence}, since {settings.node.name} does not serve: its etcd or its API server is not ready. Mend "
            f"{settings.node.name} first, by a run with --limit {settings.node.name}; without both, the API may be lost"
        )
    if known is None:
        return
    health = _health(settings, system)

    def probe() -> Missing | None:
        nonlocal known
        # Members that are known stay known where this machine misses a request: no list is not an empty list.
        known = _members(settings, system) or known
        others = [member for member in _others(settings, known or ()) if _name(member) not in replaced]
        rows = tuple(Row(_name(member), reason) for member in others if (reason := health(member)))
        return Missing(rows) if rows else None

    try:
        wait(probe, deadline or Deadline(PATIENCE[settings.timings]), what="the other control planes to be healthy")
    except TimedOut as error:
        names = " and ".join(row.what for row in error.missing.rows)
        raise KubeRefusedError(
            f"{settings.node.name}: {consequence}, since another control plane is not healthy: {error.missing}; "
            f"with a second one out of service the cluster could lose its API. Mend {names} first, or remove what is "
            "gone for good from etcd, then run again; a run with `--limit` to one that does not serve mends what "
            "differs from the model there"
        ) from error


def _others(settings: Settings, known: t.Iterable[etcd.Member]) -> list[etcd.Member]:
    """All members of etcd but this one, whether they run or not."""
    name, address = settings.node.name, settings.node.address
    return [member for member in known if name != member["name"] and _host(member) != address]


def _await_members(settings: Settings, system: System) -> list[etcd.Member] | None:
    """All members of etcd; None where the servers of this machine answer not once for some time."""

    def probe() -> list[etcd.Member] | Missing:
        return _members(settings, system) or Missing.of("its servers", "no answer", settings.node.name)

    try:
        return wait(probe, Deadline(SILENCE[settings.timings]), what="an answer of its own servers")
    except TimedOut:
        return None


def _members(settings: Settings, system: System) -> list[etcd.Member] | None:
    """All members as this machine's etcd lists them; None where it, or the API server of this machine, is not ready."""
    try:
        found = etcd.members(etcd.connect(Path(system.root)))
    except (FileNotFoundError, Unreachable, Refused):
        return None
    return None if unready(settings, system) else found


def _health(settings: Settings, system: System) -> Health:
    """A function of a member that returns why it is not healthy, or an empty text."""
    root, kubeconfig = Path(system.root), Kubeconfig.read(system.path(paths.ADMIN_CONF))

    def health(member: etcd.Member) -> str:
        if not member["name"]:
            return "its etcd has never started"
        if member["learner"]:
            return "its etcd is still a learner"
        try:
            errors = etcd.status(root, member).get("errors")
            if errors:
                return f"etcd: {', '.join(errors)}"
        except KubeError as error:
            return f"etcd: {error}"
        try:
            connect(kubeconfig, f"https://{_host(member)}:{API_PORT}", TIMEOUT).ready()
        except (Unreachable, Refused) as error:
            return f"kube-apiserver: {error}"
        return ""

    return health


def _host(member: etcd.Member) -> str:
    return urllib.parse.urlsplit(member["peer"]).hostname or ""


def _name(member: etcd.Member) -> str:
    return str(member["name"] or _host(member))


def perform(settings: Settings, params: t.Mapping[str, t.Any], check: bool) -> dict[str, t.Any]:
    """The module kubernetes_others_healthy. In check mode nothing is changed afterwards, so nothing is read."""
    if not check:
        require_others(
            settings, System(settings.root), params["consequence"], params["replaced"], serving=params["serving"]
        )
    return {"changed": False, "steps": []}
