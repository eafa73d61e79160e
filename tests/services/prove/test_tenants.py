# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of pods in subnets of Kube-OVN, with applets of busybox in network namespaces: what they reach, and do not.

Links between namespaces stand in for networks of tenants (doubles). Kube-OVN does not run here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.prove import tenant_pods, workloads

pytestmark = pytest.mark.services
BUSYBOX, IP, WGET = (shutil.which(name) for name in ("busybox", "ip", "wget"))
SPACES = {name: f"gu-tenants-{name}-{os.getpid()}" for name in ("own", "other", "client")}
OWN, OTHER = "10.77.1.2", "10.77.2.2"


def ip(space: str, *words: str) -> None:
    subprocess.run(["ip", "-n", SPACES[space], *words], check=True)


def words_of(pod: dict[str, object], space: str, directory: Path) -> tuple[list[str], dict[str, str]]:
    """A pod's script in a namespace, with a directory of its own in place of /tmp and nothing but applets."""
    own = directory / space
    (own / "bin").mkdir(parents=True, exist_ok=True)
    for applet in ("yes", "head", "httpd", "cmp", "cat", "sleep", "tee", "mkdir"):
        if not (own / "bin" / applet).exists():
            (own / "bin" / applet).symlink_to(str(BUSYBOX))
    # Debian's static busybox ends in the resolver of this host, which the image of the pods does not have, and its
    # shell prefers applets of its own: the host's shell and wget stand in for them.
    if not (own / "bin/sh").exists():
        (own / "bin/sh").symlink_to("/bin/sh")
    (own / "bin/wget").write_text(f'#!/bin/sh\nexec {WGET} --tries=1 "$@"\n')
    (own / "bin/wget").chmod(0o755)
    container = pod["spec"]["containers"][0]  # type: ignore[index]
    script = container["command"][2].replace("/tmp/", f"{own}/").replace("/dev/termination-log", f"{own}/said")
    env = {one["name"]: one["value"] for one in container["env"]} | {"PATH": str(own / "bin")}
    return [str(IP), "netns", "exec", SPACES[space], str(own / "bin/sh"), "-c", script], env


@pytest.fixture
def networks(tmp_path: Path) -> Iterator[Path]:
    """A client with a link to a server of its own subnet, and one to that of another tenant."""
    if not (BUSYBOX and WGET):
        pytest.skip("busybox or wget is not installed here")
    servers = []
    try:
        for space in SPACES.values():
            subprocess.run(["ip", "netns", "add", space], check=True)
        for space, link, address in (("own", "eth0", OWN), ("other", "eth1", OTHER)):
            pair = ["ip", "link", "add", link, "netns", SPACES["client"], "type", "veth"]
            subprocess.run([*pair, "peer", "eth0", "netns", SPACES[space]], check=True)
            ip("client", "address", "add", f"{address[:-1]}1/24", "dev", link)
            ip(space, "address", "add", f"{address}/24", "dev", "eth0")
            ip("client", "link", "set", link, "mtu", "1400", "up")
            ip(space, "link", "set", "eth0", "mtu", "1400", "up")
            words, env = words_of(tenant_pods.server("ns", "image", space, "n1"), space, tmp_path)
            servers.append(subprocess.Popen(words, env=env))
        yield tmp_path
    finally:
        for server in servers:
            server.kill()
            server.wait()
        for space in SPACES.values():
            subprocess.run(["ip", "netns", "delete", space], check=False)


def said(directory: Path, *, peers: dict[str, str], closed: dict[str, str], mtu: int | None = None) -> list[str]:
    pod = tenant_pods.client("ns", "image", "own", "n1", peers=peers, closed=closed, mtu=mtu, patience=4)
    words, env = words_of(pod, "client", directory)
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=True)
    lines = (directory / "client/said").read_text().splitlines()
    assert lines == done.stdout.splitlines(), "the log says the same"
    return [" ".join([*line.split()[:2], line.split()[-1]]) for line in lines]  # without the number of tries


def await_server(directory: Path, space: str) -> None:
    end = time.monotonic() + 20
    while not (directory / space / "www/own").exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_what_is_reached_and_what_is_not(networks: Path) -> None:
    for space in ("own", "other"):
        await_server(networks, space)
    reached = {"own/n1": OWN}
    found = said(networks, peers=reached, closed={"other/n1": OTHER}, mtu=1400)
    assert found == ["mtu 1400 good", "data own/n1 good", "apart other/n1 open"], "the networks are connected"
    assert (networks / "client/got").stat().st_size < workloads.BYTES
    # The address of the other server is one of the own subnet as well: what answers is not the other one.
    assert said(networks, peers=reached, closed={"other/n1": OWN}) == ["data own/n1 good", "apart other/n1 good"]
    ip("client", "link", "set", "eth1", "down")
    found = said(networks, peers=reached, closed={"other/n1": OTHER}, mtu=9000)
    assert found == ["mtu 9000 1400", "data own/n1 good", "apart other/n1 good"]


def test_a_server_with_other_data_and_a_silent_one(networks: Path) -> None:
    await_server(networks, "own")
    found = said(networks, peers={"own/n2": OWN, "own/n3": "10.77.1.9"}, closed={})
    assert found == ["data own/n2 wrong", "data own/n3 silent"]
