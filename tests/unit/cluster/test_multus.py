# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the layer multus as objects, and what a removal would take from pods.

That upstream's manifests are patched as expected, and that its CRD takes the objects, is tested on a real API server
(tests/services/objects).
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import catalog, multus_guard, multus_objects
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError

STORAGE: dict[str, Any] = {"name": "storage", "plugin": "macvlan", "interface": "bond0.40"}


def rendered(*attachments: dict[str, Any]) -> dict[str, Any]:
    """Kind, namespace and name -> the object."""
    found = multus_objects.definitions({"attachments": list(attachments)})
    return {f"{one.kind} {one.body['metadata'].get('namespace', '')}/{one.name}": one.body for one in found}


def test_an_attachment_is_in_each_of_its_namespaces_of_which_those_of_users_are_made() -> None:
    found = rendered({**STORAGE, "namespaces": ["web", "default", "web"]}, {**STORAGE, "name": "other", "mtu": 1400})
    kind = "NetworkAttachmentDefinition"
    assert set(found) == {
        "Namespace /web", f"{kind} web/storage", f"{kind} default/storage", f"{kind} default/other",
    }  # fmt: skip
    assert json.loads(found[f"{kind} default/other"]["spec"]["config"]) == {
        "cniVersion": "1.0.0", "name": "other", "type": "macvlan", "master": "bond0.40", "mode": "bridge",
        "mtu": 1400, "ipam": {},
    }  # fmt: skip
    assert rendered() == {}


def test_addresses_are_those_that_the_pod_names() -> None:
    bridge = {"name": "a", "plugin": "bridge", "interface": "br7", "addresses": "pod"}
    assert multus_objects.configuration(bridge) == {
        "cniVersion": "1.0.0", "name": "a", "type": "bridge", "bridge": "br7", "ipam": {"type": "static"},
        "capabilities": {"ips": True},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attachments", "message"),
    [
        ([{**STORAGE, "name": "Storage"}], "attachments[0].name: Storage is no name of an object"),
        ([{**STORAGE, "interface": ""}], "attachments[0].interface:  is no name of a link"),
        ([{**STORAGE, "interface": "bond0.40/../x"}], "is no name of a link"),
        ([{**STORAGE, "interface": "a" * 16}], "is no name of a link, which has at most 15 characters"),
        ([{**STORAGE, "mtu": 67}], "attachments[0].mtu: 67 is not from 68 to 65535"),
        ([{**STORAGE, "namespaces": ["a b"]}], "attachments[0].namespaces: a b is no name of a namespace"),
        ([STORAGE, STORAGE], "attachments[1].name: the namespace default has an attachment storage already"),
        (
            [STORAGE, {**STORAGE, "name": "b", "plugin": "bridge"}],
            "attachments[1].plugin: b and storage have different plugins on bond0.40",
        ),
    ],
)
def test_what_multus_would_take_and_pods_would_not_is_refused(attachments: list[Any], message: str) -> None:
    with pytest.raises(ClusterLayerError) as refused:
        multus_objects.definitions({"attachments": attachments})
    assert message in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ClusterLayerError, match=r"\.name: A is .*; .*\.mtu: 1 is"):
        multus_objects.definitions({"attachments": [{**STORAGE, "name": "A", "mtu": 1}]})


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("", []),
        ("storage", [("web", "storage")]),
        (" storage@net1 , other/b,storage", [("web", "storage"), ("other", "b")]),
        ('[{"name": "a", "ips": ["10.0.0.1/24"]}, {"name": "b", "namespace": "c"}]', [("web", "a"), ("c", "b")]),
        ("[not JSON", []),
        ('["a"]', []),
        ("a/b/c, ,", []),
    ],
)
def test_both_forms_of_the_annotation_are_read(annotation: str, expected: list[tuple[str, str]]) -> None:
    assert multus_guard.named(annotation, "web") == expected


def test_namespaces_stay_when_the_layer_is_removed() -> None:
    layer = catalog.LAYERS["multus"]
    assert layer.left == ("Namespace",) and layer.consent == "release_attachments"
    leaving = {name: other.left for name, other in catalog.LAYERS.items() if other.left}
    assert leaving == {"multus": ("Namespace",), "network_kube_ovn": ("Namespace",)}
