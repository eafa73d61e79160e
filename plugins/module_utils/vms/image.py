# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of the module `vm_image`.

Sources: CDI 1.66.0, doc/datavolumes.md (phases) and doc/upload.md: a token of the API server lets its bearer send one
file to the upload proxy within five minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..conditions.disk_images import SUCCEEDED, data_volume, further
from ..conditions.errors import NeverReached
from ..conditions.fields import Item, at
from ..conditions.reads import Reads
from ..plan.base import Change, Changes
from ..waiting.missing import Missing, Row
from . import jobs, sources, upload
from .cluster import Cluster
from .errors import VmError, refusal
from .kinds import DATA_VOLUME

#: Storage that waits for a pod before it makes a volume makes this one at once.
AT_ONCE = "cdi.kubevirt.io/storage.bind.immediate.requested"
#: The annotation with the digest of the file that was uploaded.
DIGEST = "groundup.cloud/sha256"
UPLOAD_READY = "UploadReady"
_SIZE = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)?")
#: Who pulls an image of a registry: CDI's own pod, or the node, with its mirrors and logins.
PULL_METHODS = ("pod", "node")
SOURCES = ("url", "registry", "path")


def perform(params: Mapping[str, Any], check: bool, cluster: Cluster | None = None) -> dict[str, Any]:
    """Import or upload an image into a volume, or remove it.

    :raises VmError: it is not possible, with all reasons; it failed, or had not ended at the deadline.
    """
    cluster = cluster or Cluster.of(params)
    space, name = params["namespace"], params["name"]
    if params["state"] == "absent":
        return jobs.removed(cluster, DATA_VOLUME, space, name, check)
    if texts := refusals(params):
        raise VmError(refusal(f"{space}/{name} was not made", texts))
    digest = upload.digest(params["path"]) if params.get("path") else ""
    if digest and params.get("sha256") and digest != params["sha256"]:
        raise VmError(f"{params['path']} has the sha256 {digest}, wanted is {params['sha256']}; nothing was sent")
    wanted = body(params, digest)
    live = cluster.get(DATA_VOLUME, space, name)
    jobs.adopt(DATA_VOLUME, live, wanted, judge)
    if not digest:
        return jobs.carried_out(cluster, DATA_VOLUME, wanted, live, params, check, judge, facts, of_pods)
    has = str(at(live, "metadata", "annotations", DIGEST) or "")
    if live is not None and has != digest:
        raise VmError(
            f"DataVolume {space}/{name} exists with another file ({has or 'of unknown digest'}); choose another name"
        )
    return _uploaded(cluster, params, check, wanted, live)


def refusals(params: Mapping[str, Any]) -> list[str]:
    """Why nothing is begun."""
    texts = []
    if sum(bool(params.get(key)) for key in SOURCES) != 1:
        texts.append("it needs url, registry or path; keep one of them")
    url, registry, sha256, size = (str(params.get(key) or "") for key in ("url", "registry", "sha256", "size"))
    if registry:
        texts += _registry_refusals(registry, sha256)
    elif params.get("pull_method"):
        texts.append("pull_method: is for images of registries alone; remove it, or give registry")
    if url and not sources.URL.fullmatch(url):
        texts.append(f"url: {url} is no URL of a file, such as https://example.net/debian-13.qcow2")
    if url and not sha256:
        texts.append("sha256: is missing; give the digest of the file at url, which CDI compares")
    if sha256 and not registry and not sources.SHA256.fullmatch(sha256):
        texts.append(f"sha256: {sha256} is no digest; give 64 hexadecimal digits in lower case")
    if not _SIZE.fullmatch(size):
        texts.append(f"size: {size or 'is missing and'} is no size of a disk; give one such as 10Gi")
    return texts


def _registry_refusals(registry: str, sha256: str) -> list[str]:
    texts = []
    if not registry.startswith(sources.DOCKER):
        texts.append(f"registry: {registry} is no image of a registry; write {sources.DOCKER}HOST/NAME@sha256:DIGEST")
    elif sources.BOTH.fullmatch(registry):
        texts.append(f"registry: {registry} has a tag and a digest, which CDI does not take; remove the tag")
    elif not sources.DIGESTED.fullmatch(registry):
        texts.append(
            f"registry: {registry} has no digest, so that another run could import another image; write "
            f"{sources.DOCKER}HOST/NAME@sha256:DIGEST, which `skopeo inspect` shows"
        )
    if sha256:
        texts.append("sha256: is the digest of a file; that of an image is in registry, remove sha256")
    return texts


def body(params: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The object that asks for the image."""
    source: dict[str, Any] = {"upload": {}}
    if params.get("url"):
        source = {"http": {"url": params["url"], "checksum": f"sha256:{params['sha256']}"}}
    if params.get("registry"):
        source = {"registry": {"url": params["registry"], "pullMethod": params.get("pull_method") or PULL_METHODS[0]}}
    storage: dict[str, Any] = {"resources": {"requests": {"storage": params["size"]}}}
    if params.get("storage_class"):
        storage["storageClassName"] = params["storage_class"]
    found = DATA_VOLUME.body(params["namespace"], params["name"], {"source": source, "storage": storage})
    notes = {AT_ONCE: "true", **({DIGEST: digest} if digest else {})}
    return {**found, "metadata": {"namespace": params["namespace"], "name": params["name"], "annotations": notes}}


def judge(item: Item) -> jobs.Verdict:
    """What the status of an image's volume says."""
    try:
        row = data_volume(item, datetime.now(UTC))
    except NeverReached as error:
        return jobs.Verdict(failed=True, reason=error.rows[0].reason)
    return jobs.Verdict(done=True) if row is None else jobs.Verdict(reason=row.reason)


def of_pods(cluster: Cluster, item: Item) -> list[str]:
    """What the pods that write the image say."""
    return [str(row) for row in further(Reads(cluster.read, cluster.read_text), item, datetime.now(UTC))]


def facts(item: Item) -> dict[str, Any]:
    """Results that describe the volume of an image."""
    return {
        "phase": str(at(item, "status", "phase") or ""),
        "progress": str(at(item, "status", "progress") or ""),
        "claim": str(at(item, "status", "claimName") or at(item, "metadata", "name")),
    }


def _uploaded(
    cluster: Cluster, params: Mapping[str, Any], check: bool, wanted: Mapping[str, Any], live: Item | None
) -> dict[str, Any]:
    changes = jobs.changes_of(DATA_VOLUME, wanted, live)
    place, space, name = str(params["path"]), params["namespace"], params["name"]
    if at(live, "status", "phase") != SUCCEEDED:
        digest = wanted["metadata"]["annotations"][DIGEST]
        sent = Change(f"upload {place} into DataVolume {space}/{name}", "", f"sha256: {digest}\n")
        changes = Changes((*changes.steps, sent))
    result = changes.result()
    if check:
        return result
    if live is not None and not changes.changed:
        return result | facts(live)
    proxy = upload.proxy(cluster, params)
    made: Item = live or cluster.create(DATA_VOLUME, wanted)
    ready = _ready(cluster, made)
    if at(ready, "status", "phase") != SUCCEEDED:
        upload.send(proxy, upload.token(cluster, ready), place, cluster.deadline)
        if params["wait"]:
            ready = jobs.finished(cluster, DATA_VOLUME, ready, judge, of_pods)
    return result | facts(ready)


def _ready(cluster: Cluster, made: Item) -> Item:
    """The volume once a file may be sent for it."""
    space, name = str(at(made, "metadata", "namespace")), str(at(made, "metadata", "name"))

    def probe() -> Item | Missing:
        item = cluster.get(DATA_VOLUME, space, name)
        if item is None:
            raise VmError(f"DataVolume {space}/{name} was deleted by somebody else")
        if at(item, "status", "phase") in (UPLOAD_READY, SUCCEEDED):
            return item
        verdict = judge(item)
        texts = [verdict.reason, *(of_pods(cluster.within(30), item) if cluster.deadline.passed else ())]
        if verdict.failed:
            raise VmError(f"DataVolume {space}/{name} failed: {verdict.reason}")
        return Missing((Row(f"DataVolume {space}/{name}", "; ".join(texts)),))

    found: Item = cluster.until(probe, f"DataVolume {space}/{name} to take a file")
    return found
