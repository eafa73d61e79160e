# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs that the tests of this directory start from."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

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


def openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca, server (for 127.0.0.1) and client, each .crt and .key; other.crt is a CA that nobody here is signed by."""
    place = tmp_path_factory.mktemp("pki")
    fresh = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for name in ("ca", "other"):
        out = ["-keyout", place / f"{name}.key", "-out", place / f"{name}.crt"]
        openssl(*fresh, "-x509", *out, "-subj", f"/CN={name}", "-addext", "keyUsage=keyCertSign")
    (place / "extensions").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(*fresh, "-keyout", place / f"{name}.key", "-out", place / f"{name}.csr", "-subj", f"/CN={name}")
        sign = ["-CA", place / "ca.crt", "-CAkey", place / "ca.key", "-extfile", place / "extensions"]
        openssl("x509", "-req", "-in", place / f"{name}.csr", "-out", place / f"{name}.crt", *sign)
    return place
