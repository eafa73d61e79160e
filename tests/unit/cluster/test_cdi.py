# SPDX-License-Identifier: GPL-3.0-or-later
"""The input of the role cdi, and what is refused. Objects are tested on a real API server (tests/services/objects)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.cluster import cdi
from ansible_collections.groundup.cloud.plugins.module_utils.cluster.upstream import ClusterLayerError


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"cloud": ""}, "cdi_config.cloud: is missing"),
        ({"memory": 100}, "cdi_config.memory: 100 MiB are too little"),
        ({"replicas": -2}, "cdi_config.replicas: -2 is not at least 1"),
        ({"scratch_storage_class": "A b"}, "cdi_config.scratch_storage_class: A b is no name"),
    ],
)
def test_a_wrong_value_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ClusterLayerError) as refused:
        cdi.check({"cloud": "rack1", **params})
    assert message in str(refused.value)


def test_each_image_of_the_operator_is_one_of_the_bundle() -> None:
    assert {f"quay.io/kubevirt/{name}:v1.66.0" for name in cdi.COMPONENTS.values()} <= set(cdi.IMAGES)
    assert len(cdi.IMAGES) == len(set(cdi.IMAGES))
