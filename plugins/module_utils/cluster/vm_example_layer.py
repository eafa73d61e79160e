# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer of the role vm_example: its golden image is there before anything is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..conditions.fields import because, condition
from ..conditions.resources import Wanted
from ..objects.engine import Engine
from ..objects.live import get
from ..objects.transport import Json, items
from . import vm_example
from .layer import ClusterLayer, await_ready
from .upstream import ClusterLayerError
from .vm_images_input import meant

Params = Mapping[str, Any]
FRONT = vm_example.FRONT
_FRONT = f"/api/v1/namespaces/{vm_example.NAMESPACE}/services/{FRONT}"
_VM = f"/apis/kubevirt.io/v1/namespaces/{vm_example.NAMESPACE}/virtualmachines/{vm_example.DATABASE}"


class VmExampleLayer(ClusterLayer):
    """The layer of the role vm_example."""

    def complete(self, engine: Engine, params: Params) -> Params:
        """Return the input.

        :raises ClusterLayerError: no disk can be made of the golden image, and the virtual machine has none yet.
        """
        vm_example.check(params)
        if get(engine.transport, _VM) is None and (problem := _without_image(engine, params)):
            raise ClusterLayerError(f"{vm_example.ROLE}_config.image: {problem}")
        return params

    def bring(self, engine: Engine, params: Params, *, present: bool, **more: Any) -> dict[str, Any]:
        """Bring the layer about, or remove it. See `ClusterLayer.perform`; ``url`` is where the front end answers.

        :raises ObjectsError: as there; or the Service has got no address at the deadline.
        """
        result = super().bring(engine, params, present=present, **more)
        url = ""
        if present and not engine.check:
            if more.get("wait", True):
                await_ready(engine, [Wanted.of(one.body) for one in self.render(params) if one.name == FRONT])
            url = _url(get(engine.transport, _FRONT), items(engine.transport, "/api/v1/nodes"))
        return {**result, "url": url}


def _without_image(engine: Engine, params: Params) -> str:
    """Why no disk can be made of the golden image; empty where one can."""
    space, name = vm_example.images_namespace(params), str(params["image"])
    path = f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{space}/datasources"
    source = get(engine.transport, f"{path}/{name}")
    if source is None:
        names = [str(one["metadata"]["name"]) for one in items(engine.transport, path)]
        remedy = meant(name, names) if names else "there is none; give the model one (virtualization.images)"
        return f"there is no DataSource {space}/{name}; {remedy}"
    ready = condition(source, "Ready")
    if ready.get("status") == "True":
        return ""
    state = because(f"Ready is {ready.get('status') or 'not reported'}", ready)
    return f"no disk can be made of DataSource {space}/{name}: {state}; wait until its image is imported, or mend that"


def _url(service: Json | None, nodes: Iterable[Json]) -> str:
    """Where clients outside the cluster reach the front end; empty as long as nowhere.

    At a port of each node, the first one is named.
    """
    for entry in (((service or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or ():
        if host := entry.get("ip") or entry.get("hostname"):
            return f"http://{_bracketed(str(host))}/"
    spec = (service or {}).get("spec") or {}
    port = next((one["nodePort"] for one in spec.get("ports") or () if one.get("nodePort")), None)
    addresses = (at for node in nodes for at in (node.get("status") or {}).get("addresses") or ())
    host = next((str(at["address"]) for at in addresses if at.get("type") == "InternalIP"), "")
    balanced = spec.get("type") == vm_example.BALANCED
    return f"http://{_bracketed(host)}:{port}/" if port and host and not balanced else ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
