# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of a cluster before and while one of its nodes is fenced. All times are seconds since 1970.

A node is judged by its Node, by the Lease that its kubelet renews every quarter of the Lease's duration (10 of 40
seconds, kubernetes.io/docs/concepts/architecture/leases), and by annotations in which an earlier run says what it did.
Ages are differences to the API server's clock, so the clock of the controller does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..bmc.types import PowerState

#: The taint that lets pods and volumes go (kubernetes.io/docs/reference/labels-annotations-taints).
TAINT = "node.kubernetes.io/out-of-service"
OUT_OF_SERVICE = {"key": TAINT, "value": "nodeshutdown", "effect": "NoExecute"}
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
#: Annotations of a node: who fenced it, when, which boot that ended, and who says that its machine is off.
BY, AT, BOOT, HOW = (f"groundup.cloud/fenced-{word}" for word in ("by", "at", "boot-id", "how"))
BY_BMC, BY_HUMAN = "bmc", "confirmed"
LEASE_SECONDS = 40  # the kubelet's default


@dataclass(frozen=True)
class Record:
    """What a run has written on the node before it cut the power. ``how``: `bmc`, or `confirmed` by a person."""

    by: str
    at: str
    boot_id: str
    how: str

    def annotations(self) -> dict[str, str]:
        """Return it as annotations."""
        return {BY: self.by, AT: self.at, BOOT: self.boot_id, HOW: self.how}


@dataclass(frozen=True)
class Node:
    """One node as the API has it.

    :ivar since: when its condition Ready got its present status; None where there is no condition.
    :ivar renewed: when its Lease was renewed; None where there is no Lease.
    """

    name: str
    ready: bool
    reason: str = ""
    since: float | None = None
    boot_id: str = ""
    taints: tuple[Mapping[str, Any], ...] = ()
    record: Record | None = None
    control_plane: bool = False
    version: str = ""
    renewed: float | None = None
    lease_seconds: float = LEASE_SECONDS

    @property
    def out_of_service(self) -> bool:
        """Whether it has the taint."""
        return any(taint.get("key") == TAINT for taint in self.taints)

    @property
    def rebooted(self) -> bool:
        """Whether another boot runs than the one that was fenced."""
        return self.record is not None and bool(self.boot_id) and self.boot_id != self.record.boot_id

    @property
    def ended(self) -> bool:
        """Whether it is out of service, and the boot that it shows is the one that was fenced."""
        return self.out_of_service and self.record is not None and not self.rebooted

    def silent(self, now: float) -> float:
        """Return the seconds since its Lease was renewed; without a Lease infinity."""
        return math.inf if self.renewed is None else max(0.0, now - self.renewed)

    def unready(self, now: float) -> float:
        """Return the seconds for which it has not been Ready."""
        return 0.0 if self.ready else math.inf if self.since is None else max(0.0, now - self.since)

    def healthy(self, now: float) -> bool:
        """Whether it is Ready, in service, and heard of; where no controller runs, a lost node stays Ready."""
        heard = self.renewed is None or self.silent(now) <= self.lease_seconds
        return self.ready and not self.out_of_service and heard


@dataclass(frozen=True)
class Pause:
    """A run that works on machines, during which nodes that are lost are not fenced. It ends by itself."""

    by: str
    ends: float


@dataclass(frozen=True)
class Seen:
    """The node, all other nodes, and a pause, at one time of the API server."""

    now: float
    node: Node
    others: tuple[Node, ...] = ()
    pause: Pause | None = None

    @property
    def paused(self) -> bool:
        """Whether a pause has not ended."""
        return self.pause is not None and self.now < self.pause.ends


@dataclass(frozen=True)
class Power:
    """What the machine's controller answers. ``error``: why it gives no answer that can be used, with the remedy."""

    state: PowerState = PowerState.UNKNOWN
    error: str = ""

    @property
    def off(self) -> bool:
        """Whether it says that the machine is off."""
        return not self.error and self.state is PowerState.OFF

    def __str__(self) -> str:
        return "not known" if self.error else self.state.value


def node_of(item: Mapping[str, Any], lease: Mapping[str, Any] | None) -> Node:
    """Build from a Node and its Lease."""
    metadata, status = item["metadata"], item.get("status") or {}
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    ready, lease_spec = conditions.get("Ready") or {}, (lease or {}).get("spec") or {}
    return Node(
        name=metadata["name"],
        ready=ready.get("status") == "True",
        reason=str(ready.get("message") or ready.get("reason") or "it has no condition Ready"),
        since=seconds(ready.get("lastTransitionTime")),
        boot_id=str((status.get("nodeInfo") or {}).get("bootID") or ""),
        taints=tuple((item.get("spec") or {}).get("taints") or ()),
        record=_record(metadata.get("annotations") or {}),
        control_plane=CONTROL_PLANE in (metadata.get("labels") or {}),
        version=str(metadata.get("resourceVersion") or ""),
        renewed=seconds(lease_spec.get("renewTime")),
        lease_seconds=float(lease_spec.get("leaseDurationSeconds") or LEASE_SECONDS),
    )


def pause_of(lease: Mapping[str, Any] | None) -> Pause | None:
    """Build from the Lease of a pause."""
    spec = (lease or {}).get("spec") or {}
    renewed = seconds(spec.get("renewTime"))
    if renewed is None:
        return None
    return Pause(str(spec.get("holderIdentity") or "somebody"), renewed + float(spec.get("leaseDurationSeconds") or 0))


def seconds(text: Any) -> float | None:
    """Return a timestamp of the API (RFC 3339) as seconds; None where there is none."""
    return datetime.fromisoformat(str(text)).timestamp() if text else None


def timestamp(at: float) -> str:
    """Return seconds as a timestamp with microseconds, as Leases have them."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _record(annotations: Mapping[str, str]) -> Record | None:
    if BOOT not in annotations:
        return None
    return Record(*(annotations.get(key, "") for key in (BY, AT, BOOT, HOW)))
