# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs that the tests of this directory start from."""

from __future__ import annotations

import typing as t

import pytest

Given = dict[str, t.Any]


@pytest.fixture
def given() -> Given:
    """The role's variable for node1, one of three control planes."""
    return {
        "cluster": "rack1",
        "version": "1.36.3",
        "files": {"kubernetes": {"url": "http://10.10.0.1:8080/bundle/files/sha256/" + "a" * 64, "sha256": "a" * 64}},
        "endpoint": {"address": "10.30.0.10", "interface": "bond0.30"},
        "pods": "10.64.0.0/14",
        "services": "10.96.0.0/16",
        "node": {"name": "node1", "address": "10.30.0.21", "control_plane": True},
        "control_planes": {"node1": "10.30.0.21", "node2": "10.30.0.22", "node3": "10.30.0.23"},
    }


@pytest.fixture
def alone(given: Given) -> Given:
    """The same with one control plane, on a slow machine."""
    return given | {"control_planes": {"node1": "10.30.0.21"}, "timings": "slow"}


@pytest.fixture
def worker(given: Given) -> Given:
    """The same for node4, a worker."""
    return given | {"node": {"name": "node4", "address": "10.30.0.24", "control_plane": False}}
