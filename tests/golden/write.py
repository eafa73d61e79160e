# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the golden trees: everything that follows from each model, as text that people compare.

write.py [NAME…]    all models without names; see README.md
"""

from __future__ import annotations

import pathlib
import shutil
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".ansible/collections"))

from ansible_collections.groundup.cloud.plugins.module_utils.cluster import konnectivity as agents  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.draw.racks import racks  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.draw.scene import Scene  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.config import SwitchConfig  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import HostState  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.hosted import konnectivity, phases  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.hosted.settings import parse  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.layers import (  # noqa: E402
    container_runtime,
    host_base,
    host_network,
    kubernetes,
)
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive  # noqa: E402
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TREES = HERE / "trees"
MODELS: dict[str, pathlib.Path] = {
    **{path.name.removesuffix(".cloud.yml"): path for path in sorted((HERE / "models").glob("*.cloud.yml"))},
    "lab": ROOT / "inventories/lab/cloud.yml",
    "lab_ha": ROOT / "inventories/lab_ha/cloud.yml",
    "lab_hosted": ROOT / "inventories/lab_hosted/cloud.yml",
    "lab_cloud": ROOT / "inventories/lab_cloud/cloud.yml",
}
#: Of a large model the hosts that show each kind of host once; all hosts of the others.
SHOWN: dict[str, tuple[str, ...]] = {
    "three_racks": ("leaf11", "provisioner", "cluster", "n1", "n2", "n15"),
    "twelve": ("leaf11", "leaf22", "provisioner", "cluster", "control1", "gpu3", "worker8"),
}
#: Models whose racks are drawn in docs/describe_your_rack.md, and where.
DOCUMENTED = ("attic", "pair", "mlag", "links", "leaves", "racks", "routed", "dual", "twelve", "three_racks")
PICTURES = ROOT / "docs/pictures/racks"
ENTRY = {"url": "http://bundle/file", "sha256": "0" * 64}
FILES = dict.fromkeys((*container_runtime.BINARIES, "cni-plugins", *kubernetes.PROGRAMS), ENTRY)
RUNTIME = {"files": FILES, "registry": {"address": "provisioner:5000", "mirrors": ["registry.k8s.io"]}}

Texts = dict[str, str]


def text(value: t.Any) -> str:
    """Plain data as YAML, keys sorted."""
    return yaml.safe_dump(plain(value), sort_keys=True, width=110, allow_unicode=True)


def plain(value: t.Any) -> t.Any:
    """The value in the types of YAML; texts of other classes become plain texts."""
    if isinstance(value, t.Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def state(found: HostState) -> str:
    """A desired state as one text: what the layer wants besides files, then each file that it writes.

    Of programs, which no model changes, only the length is shown.
    """
    rest = {
        "packages": found.packages,
        "modules": found.modules,
        "sysctls": dict(found.sysctls),
        "units": [unit.name for unit in found.units],
        "hooks": [hook.name for hook in found.hooks],
        "links": {link.path: link.target for link in found.links},
        "directories": [item.path for item in found.directories],
        "downloads": [file.path for file in found.files if file.url] + [item.directory for item in found.archives],
        "absent": found.absent,
        "blocks": {f"{block.path} {block.name}": block.content for block in found.blocks},
    }
    parts = [text({key: value for key, value in rest.items() if value})]
    for file in sorted(found.files, key=lambda file: file.path):
        if file.content is not None:
            program = file.mode & 0o111 and file.content.startswith("#!")
            body = f"(a program of {len(file.content)} characters)\n" if program else file.content
            parts.append(f"==== {file.path} {file.mode:04o}\n{body}")
    return "\n".join(parts)


def of_hosted(variables: dict[str, t.Any]) -> str:
    """The documents of a hosted control plane, and the command line of konnectivity-server where there is one."""
    hosted = parse(variables["hosted_control_plane_config"], variables["kubernetes_config"] | {"files": FILES})
    found = [f"==== {path}\n{body}" for path, body in phases.documents(hosted.kubernetes).items()]
    if hosted.konnectivity is not None:
        found.append("==== konnectivity-server\n" + text(konnectivity.arguments(hosted, hosted.konnectivity)))
    return "\n".join(found)


#: Variable of an inventory host -> what its role makes of it, as far as that is known without the host.
RENDERED: dict[str, tuple[str, t.Callable[[dict[str, t.Any]], str]]] = {
    "host_network_config": ("host_network.txt", lambda params: state(host_network.render(params))),
    "host_base_config": ("host_base.txt", lambda params: state(host_base.render(params | {"registry_ca": None}))),
    "container_runtime_config": ("runtime.txt", lambda params: state(container_runtime.render(params | RUNTIME))),
    "kubernetes_config": ("kubernetes.txt", lambda params: state(kubernetes.render(params | {"files": FILES}))),
    "switch_config": ("switch.yml", lambda params: text(SwitchConfig.from_vars(params).as_dict())),
    "drawing_config": ("racks.svg", lambda params: racks(Scene.of(params))),
    "konnectivity_config": ("konnectivity.yml", lambda params: text([one.body for one in agents.render(params)])),
}


def tree(name: str) -> Texts:
    """Everything that is committed of a model: path below its directory -> text."""
    derived = derive(load(MODELS[name]), "/state")
    shown = SHOWN.get(name, tuple(derived.hostvars))
    texts = {
        "groups.yml": text(derived.groups),
        "all.yml": text({"all_vars": derived.all_vars, "group_vars": derived.group_vars}),
    }
    for host in shown:
        variables = derived.hostvars[host]
        texts[f"hosts/{host}.yml"] = text(variables)
        acts = host == "cluster" and "kubeconfig" in variables.get("kubernetes_config", {})  # and is no machine
        for variable, (file, render) in RENDERED.items():
            absent = variables.get(variable.replace("_config", "_state")) == "absent"
            if variable == "kubernetes_config" and "hosted_control_plane_config" in variables:
                texts[f"rendered/{host}/{file}"] = of_hosted(variables)
            elif variable in variables and not absent and not (acts and variable == "kubernetes_config"):
                texts[f"rendered/{host}/{file}"] = render(variables[variable])
    return texts


def picture(name: str) -> str:
    """The racks of a model."""
    return racks(Scene.of(derive(load(MODELS[name]), "/state").hostvars["provisioner"]["drawing_config"]))


def main(names: list[str]) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTED:
        if not names or name in names:
            (PICTURES / f"{name}.svg").write_text(picture(name), encoding="utf-8")
    for name in names or sorted(MODELS):
        shutil.rmtree(TREES / name, ignore_errors=True)
        for path, body in tree(name).items():
            target = TREES / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
