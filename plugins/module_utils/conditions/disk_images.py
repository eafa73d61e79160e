# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of DataVolumes and DataImportCrons, by which CDI writes images into volumes, and the pods that write.

CDI tries nearly every failure again, so an import that can't succeed is seen by the message of its pod only. (CDI
1.66.0: pkg/controller/datavolume/import-controller.go, pkg/controller/util.go, pkg/controller/dataimportcron-*.go.)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..waiting.missing import Row
from .containers import Fault, Rank, fault, node_of
from .errors import NeverReached
from .fields import Item, Rule, at, because, condition, deleted, is_true, lacking, number, since, title, unreported, why
from .pods import at_fault, log
from .reads import Reads

GROUP = "cdi.kubevirt.io"
VOLUME, CRON = (GROUP, "DataVolume"), (GROUP, "DataImportCron")
SUCCEEDED, FAILED = "Succeeded", "Failed"
#: What CDI makes of an image that is larger than its volume.
TOO_SMALL = "DataVolume too small to contain image"
CHECKSUM = "checksum mismatch"
#: What CDI waits for where nobody has asked for the volume at once.
WAITS = "WaitForFirstConsumer"
#: The annotation of a claim with the name of the one that is written in its place.
PRIME = "cdi.kubevirt.io/storage.populator.pvcPrime"
LABELS = "app=containerized-data-importer"
#: Pods that look for the digest behind a tag, and where they are.
POLLERS = "/api/v1/namespaces/cdi/pods"
POLLER = "cdi.kubevirt.io/dataImportCronPoller"
#: Progress that says nothing.
_NO_PROGRESS = ("", "N/A")
_REMEDIES = {
    TOO_SMALL: "the image is larger than its disk; give a larger size",
    CHECKSUM: "the file is not the one whose digest was given; compare both with the publisher's",
}


def data_volume(item: Item, now: datetime) -> Row | None:
    """The rule of a DataVolume.

    :raises NeverReached: it has failed, or no further try can succeed.
    """
    if row := deleted(item):
        return row
    phase = str(at(item, "status", "phase") or "")
    if phase == SUCCEEDED:
        return None
    if not phase:
        return unreported(item, now, "CDI's controller")
    row = lacking(item, "; ".join(_reasons(item, phase)), since(condition(item, "Running")))
    said = _message(item)
    if phase == FAILED or TOO_SMALL in said:
        raise NeverReached(row)
    return row


def data_import_cron(item: Item, now: datetime) -> Row | None:
    """The rule of a DataImportCron: there is an import. A newer one that is not imported yet does no harm."""
    if row := deleted(item):
        return row
    if is_true(item, "UpToDate") or at(item, "status", "lastImportedPVC", "name"):
        return None
    entry = condition(item, "UpToDate")
    if not entry:
        return unreported(item, now, "CDI's controller")
    text = because("it has imported nothing yet", entry)
    if names := _imports(item):
        text += f"; it imports {', '.join(names)}"
    elif entry.get("reason") == "NoDigest":
        text += "; its registry has not answered yet"
    return lacking(item, text, since(entry))


def _reasons(item: Item, phase: str) -> list[str]:
    progress, restarts = str(at(item, "status", "progress") or ""), number(item, "status", "restartCount")
    found = [f"its phase is {phase}" + (f" at {progress}" if progress not in _NO_PROGRESS else "")]
    for kind in ("Bound", "Running"):
        entry = condition(item, kind)
        if entry.get("status") == "False" and why(entry) and not (kind == "Bound" and phase == FAILED):
            found.append(because(f"{kind} is False", entry))
    if restarts:
        found.append(f"its pod was started again {restarts} times")
    if phase == WAITS:
        found.append("its storage class makes no volume before a pod uses it")
    said = _message(item)
    found += [remedy for text, remedy in _REMEDIES.items() if text in said]
    return [*found, "delete it to import it again"] if phase == FAILED else found


def _message(item: Item) -> str:
    return str(condition(item, "Running").get("message") or "")


def _imports(item: Item) -> list[str]:
    """DataVolumes of imports that go on."""
    return [str(one.get("DataVolumeName")) for one in at(item, "status", "currentImports") or ()]


def further(reads: Reads, item: Item, now: datetime) -> list[Row]:
    """Rows of the pods that write into the volume of a DataVolume, with the last lines that they printed."""
    space = str(at(item, "metadata", "namespace"))
    if item.get("kind") == CRON[1]:
        path = f"/apis/{GROUP}/v1beta1/namespaces/{space}/datavolumes"
        found = [reads.get(f"{path}/{name}") for name in _imports(item)]
        heads = [{"apiVersion": f"{GROUP}/v1beta1", "kind": VOLUME[1], **one} for one in found if one]
        rows = [row for one in heads for row in (*_judged(one, now), *further(reads, one, now))]
        return rows or at_fault(reads, _pollers(reads, item), now)
    claim = str(at(item, "status", "claimName") or at(item, "metadata", "name"))
    live = reads.get(f"/api/v1/namespaces/{space}/persistentvolumeclaims/{claim}")
    claims = {claim, str(at(live, "metadata", "annotations", PRIME) or claim)}
    pods = [
        {"apiVersion": "v1", "kind": "Pod", **pod}
        for pod in reads.items(f"/api/v1/namespaces/{space}/pods", labelSelector=LABELS)
        if claims & set(_claims(pod))
    ]
    faulty = [pod for pod in pods if fault(pod, now)]
    return [*at_fault(reads, faulty, now), *_running(reads, [pod for pod in pods if pod not in faulty])]


def _judged(item: Item, now: datetime) -> Sequence[Row]:
    try:
        row = data_volume(item, now)
    except NeverReached as error:
        return error.rows
    return [row] if row else []


def _pollers(reads: Reads, item: Item) -> list[Item]:
    """The pods that ask the registry of a DataImportCron."""
    words = ["-ns", at(item, "metadata", "namespace"), "-cron", at(item, "metadata", "name")]
    found = []
    for pod in reads.items(POLLERS, labelSelector=POLLER):
        commands = [one.get("command") or [] for one in at(pod, "spec", "containers") or ()]
        if any(command[1:5] == words for command in commands):
            found.append(pod)
    return found


def _claims(pod: Item) -> list[str]:
    volumes = at(pod, "spec", "volumes") or ()
    return [str(at(one, "persistentVolumeClaim", "claimName") or "") for one in volumes]


def _running(reads: Reads, pods: Sequence[Item]) -> list[Row]:
    """Rows of pods that run: what they print last says whether their server has stalled."""
    rows = []
    for pod in pods:
        if at(pod, "status", "phase") != "Running":
            continue
        names = [str(one["name"]) for one in at(pod, "spec", "containers") or ()]
        found = Fault("it runs", "runs", Rank.UNREADY, container=names[0] if names else "", log="current")
        lines = log(reads, pod, found) or "none"
        started = str(at(pod, "status", "startTime") or "")
        rows.append(Row(title(pod), f"it runs; last lines that it printed: {lines}", node_of(pod), started))
    return rows


#: (API group, kind) -> its rule.
RULES: dict[tuple[str, str], Rule] = {VOLUME: data_volume, CRON: data_import_cron}
