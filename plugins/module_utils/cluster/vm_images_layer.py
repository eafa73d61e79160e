# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role vm_images: an image is offered once it is imported, and until then the one before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..conditions.errors import NeverReached
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.protected import Consent
from ..objects.transport import Json
from . import vm_images_storage
from .layer import ClusterLayer, joined
from .upstream import ClusterLayerError
from .vm_images import CRON, OFFERED, SOURCE, cron, scheduled, volume
from .vm_images_input import ROLE, check, images, namespace

Params = Mapping[str, Any]
_GROUP = "/apis/cdi.kubevirt.io/v1beta1"
#: The label of CDI on DataSources that a DataImportCron keeps.
KEPT = "cdi.kubevirt.io/dataImportCron"


class VmImagesLayer(ClusterLayer):
    """The layer of the role vm_images."""

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input with the volumes that DataSources shall name now: imported ones only.

        :raises ClusterLayerError: CDI would refuse what is wanted.
        """
        check(params)
        space, offered, due = namespace(params), {}, list[Params]()
        for one in images(params):
            name = str(one["name"])
            if scheduled(one):
                _refuse_change(one, _get(engine, space, "dataimportcrons", name), space)
                due.append(one)
                continue
            live = _get(engine, space, "datasources", name)
            _refuse_kept(live, name, space)
            done = _get(engine, space, "datavolumes", volume(one))
            if ((done or {}).get("status") or {}).get("phase") == "Succeeded":
                offered[name] = volume(one)
                continue
            due.append(one)
            if present := _named(live):
                offered[name] = present
        vm_images_storage.check(engine.transport, due)
        return {**params, OFFERED: offered}

    def steps(self, engine: Engine, params: Params, *, present: bool = True) -> tuple[list[str], list[dict[str, str]]]:
        """Return what a run would do, and its diff; of an import that has failed, why."""
        try:
            steps, diff = super().steps(engine, params, present=present)
        except NeverReached as error:
            return [f"wait for {error}"], []
        return [*steps, *(_pending(engine, params) if present else [])], diff

    def bring(
        self, engine: Engine, params: Params, *, present: bool, consent: bool, wait: bool, consents: Sequence[Consent]
    ) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`.

        Without a wait, images are offered by a later run.
        """
        result = super().bring(engine, params, present=present, consent=consent, wait=wait, consents=consents)
        steps = _pending(engine, params) if present and wait else []
        if not steps:
            return result
        if engine.check:
            return {**result, "changed": True, "steps": [*result["steps"], *steps]}
        again = super().bring(engine, params, present=True, consent=consent, wait=wait, consents=consents)
        return joined(result, again)


def _pending(engine: Engine, params: Params) -> list[str]:
    """What a run does with DataSources once their images are imported."""
    space, found = namespace(params), []
    for one in images(params):
        if not scheduled(one):
            live = _get(engine, space, "datasources", str(one["name"]))
            if _named(live) != volume(one):
                word = "create" if live is None else "change"
                found.append(f"{word} {SOURCE} {space}/{one['name']} when {volume(one)} is imported")
    return found


def _get(engine: Engine, space: str, plural: str, name: str) -> Json | None:
    return get(engine.transport, f"{_GROUP}/namespaces/{space}/{plural}/{name}")


def _named(source: Json | None) -> str:
    """The volume that a DataSource names."""
    pvc = (((source or {}).get("spec") or {}).get("source") or {}).get("pvc") or {}
    return str(pvc.get("name") or "")


def _refuse_change(one: Params, live: Json | None, space: str) -> None:
    """CDI's webhook refuses every change of a DataImportCron (pkg/apiserver/webhooks/dataimportcron-validate.go)."""
    if live is None or live["metadata"].get("deletionTimestamp"):
        return
    has, wanted = _bare(live["spec"]), cron(one)
    keys = sorted(key for key in {*has, *wanted} if has.get(key) != wanted.get(key))
    if keys:
        raise ClusterLayerError(
            f"{ROLE}_config.images: CDI lets nobody change {CRON} {space}/{one['name']}, and its {', '.join(keys)} "
            "would have to; give the image another name, or delete the present one with its imports before"
        )


def _refuse_kept(live: Json | None, name: str, space: str) -> None:
    """Two would write the same DataSource."""
    keeper = (((live or {}).get("metadata") or {}).get("labels") or {}).get(KEPT)
    if keeper:
        raise ClusterLayerError(
            f"{ROLE}_config.images: {CRON} {space}/{keeper} keeps {SOURCE} {space}/{name}, and {name} has no schedule; "
            "give it another name, or delete that one with its imports before"
        )


def _bare(value: Any) -> Any:
    """A value without the keys that CDI adds, which are empty."""
    if not isinstance(value, Mapping):
        return value
    found = {key: _bare(item) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not None and item != {}}
