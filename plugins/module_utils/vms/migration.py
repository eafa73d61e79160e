# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of migrations, as texts and rows.

Sources: kubevirt v1.9.0, staging/src/kubevirt.io/api/core/v1/types.go (phases, MigrationState) and
pkg/virt-controller/watch/migration/migration.go: a failure's reason is in the state of the VMI or in an event only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ..conditions.fields import Item, at, is_true, moment, why
from ..waiting.missing import Row

SUCCEEDED, FAILED = "Succeeded", "Failed"
#: Conditions that hold a migration back while they are true.
HELD = ("migrationRejectedByResourceQuota", "migrationBlockedByUtilityVolumes", "migrationBlockedByBackup")


def phase_of(migration: Item) -> str:
    """Its phase."""
    return str(at(migration, "status", "phase") or "")


def is_active(migration: Item) -> bool:
    """Whether it has not ended."""
    return phase_of(migration) not in (SUCCEEDED, FAILED)


def newest(migrations: Iterable[Item], vmi_name: str) -> Item | None:
    """The migration of a VMI that goes on, else the one that was made last."""
    own = [one for one in migrations if at(one, "spec", "vmiName") == vmi_name]
    return max(own, key=lambda one: (is_active(one), str(at(one, "metadata", "creationTimestamp") or "")), default=None)


def state_of(migration: Item, vmi: Item | None) -> Item:
    """The state that KubeVirt keeps in the VMI while a migration lasts, and in the migration when it has ended."""
    own = at(migration, "status", "migrationState") or {}
    live = at(vmi, "status", "migrationState") or {}
    return live if live.get("migrationUid") == at(migration, "metadata", "uid") else own


def text(migration: Item, vmi: Item | None) -> str:
    """Phase, target, mode, what holds it back, and why it failed."""
    state = state_of(migration, vmi)
    target, mode = state.get("targetNode"), state.get("mode")
    held = [f"{kind} ({why(entry)})" if why(entry) else kind for kind in HELD if (entry := _true(migration, kind))]
    parts = [
        f"migration {at(migration, 'metadata', 'name')} is {phase_of(migration) or 'not taken up yet'}",
        f"to {target}" if target else "",
        f"({mode})" if mode else "",
    ]
    reasons = [*held, str(state.get("failureReason") or "")]
    return "; ".join([" ".join(filter(None, parts)), *filter(None, reasons)])


def since(migration: Item) -> str:
    """When its phase changed last."""
    times = [
        str(one.get("phaseTransitionTimestamp")) for one in at(migration, "status", "phaseTransitionTimestamps") or ()
    ]
    return max(times, default=str(at(migration, "metadata", "creationTimestamp") or ""))


def failed(migrations: Iterable[Item], vmi_name: str) -> list[Item]:
    """The migrations of a VMI that failed, the last one first."""
    own = [one for one in migrations if at(one, "spec", "vmiName") == vmi_name and phase_of(one) == FAILED]
    return sorted(own, key=lambda one: str(at(one, "metadata", "creationTimestamp") or ""), reverse=True)


def row(vmi: Item, found: Item | None, node: str = "", before: Sequence[Item] = ()) -> Row:
    """The row of a VMI that has not been moved yet.

    :param before: migrations that failed before, the last one first.
    """
    what = f"VirtualMachineInstance {at(vmi, 'metadata', 'namespace')}/{at(vmi, 'metadata', 'name')}"
    if found is None:
        return Row(what, "KubeVirt has not begun a migration", node)
    said = text(found, vmi)
    if before and before[0] is not found:
        reason = state_of(before[0], None).get("failureReason") or "no reason is given"
        said += f"; {len(before)} failed before it, the last one {at(before[0], 'metadata', 'name')}: {reason}"
    return Row(what, said, node, since(found))


def seconds(state: Item) -> float | None:
    """How long the state's migration took; None while it lasts."""
    began, ended = (_time(state.get(key)) for key in ("startTimestamp", "endTimestamp"))
    return (ended - began).total_seconds() if began and ended else None


def _true(migration: Item, kind: str) -> Item:
    found = at(migration, "status", "conditions") or ()
    return next((one for one in found if one.get("type") == kind), {}) if is_true(migration, kind) else {}


def _time(stamp: object) -> datetime | None:
    return moment(str(stamp)) if stamp else None
