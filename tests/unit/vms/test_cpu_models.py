# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of models: it is consistent, and has what libvirt has, where that is installed."""

from __future__ import annotations

import pathlib
import re

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.vms.cpu_models import (
    BUGS,
    FLAGS,
    FROM_KVM,
    MODELS,
    NESTED,
    NOT_SHOWN,
    VENDORS,
)

LIBVIRT = pathlib.Path("/usr/share/libvirt/cpu_map")


def test_each_model_of_a_maker_comes_after_those_that_are_part_of_it() -> None:
    seen = list(MODELS.values())
    assert len(seen) == 40 and {one.vendor for one in seen} == set(VENDORS.values())
    for number, later in enumerate(seen):
        for earlier in seen[:number]:
            assert later.vendor != earlier.vendor or not later.features <= earlier.features, (later.name, earlier.name)


def test_each_word_of_the_other_tables_is_a_feature_of_a_model() -> None:
    known = frozenset[str]().union(*(one.features for one in MODELS.values()))
    assert {*FLAGS, *BUGS, *FROM_KVM, *NESTED, *NOT_SHOWN} <= known
    groups = (set(FLAGS), set(BUGS), set(FROM_KVM), set(NESTED), set(NOT_SHOWN))
    assert sum(map(len, groups)) == len(set().union(*groups)), "a feature is in one group"


def test_a_model_has_what_its_relatives_have_not() -> None:
    assert MODELS["Haswell"].features - MODELS["Haswell-noTSX"].features == {"hle", "rtm"}
    assert MODELS["Nehalem-IBRS"].features - MODELS["Nehalem"].features == {"spec-ctrl"}
    assert "xop" in MODELS["Opteron_G5"].features and "xop" not in MODELS["EPYC"].features


@pytest.mark.skipif(not LIBVIRT.is_dir(), reason="libvirt-common is not installed, whose table this is compared with")
@pytest.mark.parametrize("name", MODELS)
def test_a_model_has_at_least_what_libvirt_says(name: str) -> None:
    text = (LIBVIRT / f"x86_{name}.xml").read_text()
    own = {feature for feature, rest in re.findall(r"<feature name='([^']+)'([^>]*)/>", text) if not rest.strip()}
    maker = re.search(r"<vendor name='(\w+)'/>", text)
    assert own and own <= MODELS[name].features
    assert maker and VENDORS[maker[1]] == MODELS[name].vendor
