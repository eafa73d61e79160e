# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules of layers hand on of their options."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import run
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.catalog import LAYERS
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.layer import ClusterLayer
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.objects.protected import Consent


class Module:
    """A double of AnsibleModule with the options that a user gave."""

    check_mode = False

    def __init__(self, layer: ClusterLayer, **given: Any) -> None:
        options = run.spec({"type": "dict"}, layer)
        self.params = {name: option.get("default") for name, option in options.items()} | {"config": {}} | given

    def warn(self, warning: str) -> None:
        raise AssertionError(warning)


@pytest.fixture
def performed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The words with which a layer was performed."""
    calls: list[dict[str, Any]] = []

    def perform(_self: ClusterLayer, params: Any, access: Any, **words: Any) -> dict[str, Any]:
        calls.append({**words, "params": dict(params), "access": set(access)})
        return {"changed": False, "warnings": []}

    monkeypatch.setattr(ClusterLayer, "perform", perform)
    return calls


@pytest.mark.parametrize("role", LAYERS)
def test_each_layer_is_performed_with_the_options_of_its_module(role: str, performed: list[dict[str, Any]]) -> None:
    layer = LAYERS[role]
    given = {layer.consent: True} if layer.consent else {}
    assert run.act(Module(layer, **given), layer) == {"changed": False}
    (call,) = performed
    assert (call["present"], call["consent"], call["consents"]) == (True, bool(layer.consent), [])
    assert call["access"] == set(OPTIONS)


def test_consents_to_remove_data_are_handed_on(performed: list[dict[str, Any]]) -> None:
    layer = LAYERS["network_custom"]
    run.act(Module(layer, state="absent"), layer, [{"kind": "Namespace", "name": "net", "namespace": None}])
    assert performed[0]["consents"] == [Consent("Namespace", "net")] and performed[0]["present"] is False
