# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CDI knows how to make the volumes of images: its StorageProfile of their storage class says so.

Images name no access mode. CDI takes the first of `claimPropertySets` in the profile of the class, which it fills in
for provisioners that it knows. Where it has none, an import waits for ever, and only an event says why (CDI 1.66,
doc/storageprofile.md; pkg/controller/storageprofile-controller.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..objects.live import served
from ..objects.transport import Json, Transport
from .rook_ceph_classes import DEFAULT, DEFAULT_VM
from .upstream import refuse
from .vm_images_input import ROLE

Params = Mapping[str, Any]
PROFILES = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
#: Annotations of default classes, in the order in which CDI looks for them.
DEFAULTS = (DEFAULT_VM, DEFAULT)


def check(transport: Transport, images: Sequence[Params]) -> None:
    """Refuse images of which CDI could make no volume.

    Where CDI has made no profile of a class yet, nothing is known of it, and the import itself will tell.

    :param images: those that are still to be imported, or will be again.
    :raises ClusterLayerError: with the class, and the command that says what it can.
    """
    if images:
        profiles = {str(one["metadata"]["name"]): one for one in served(transport, PROFILES)}
        # Without profiles, CDI does not run yet.
        refuse(_wrong(images, profiles, _default(transport) if profiles else ""))


def _wrong(images: Iterable[Params], profiles: Mapping[str, Json], default: str) -> Iterator[str]:
    users: dict[str, list[str]] = {}
    for one in images:
        users.setdefault(str(one.get("storage_class") or default), []).append(str(one["name"]))
    for name, found in users.items():
        status = (profiles.get(name) or {}).get("status") or {}
        sets: Sequence[Params] = status.get("claimPropertySets") or [{}]
        if not status.get("provisioner") or sets[0].get("accessModes"):
            continue
        spec = '{"spec": {"claimPropertySets": [{"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}]}}'
        yield (
            f"{ROLE}_config.images: {', '.join(found)} can't be imported into the storage class {name}, since CDI does "
            f"not know what volumes of {status['provisioner']} can; name another storage_class, or say it: "
            f"kubectl patch storageprofile {name} --type merge -p '{spec}'"
        )


def _default(transport: Transport) -> str:
    """The class of volumes that name none; empty where there is none. Of several, CDI takes the newest."""
    classes = served(transport, CLASSES)
    for annotation in DEFAULTS:
        found = [
            (str(one["metadata"].get("creationTimestamp") or ""), str(one["metadata"]["name"]))
            for one in classes
            if (one["metadata"].get("annotations") or {}).get(annotation) == "true"
        ]
        if found:
            newest = max(created for created, _name in found)
            return min(name for created, name in found if created == newest)
    return ""
