# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers really run, images come from the mirror by its CA only, and changes by hand are mended."""

from __future__ import annotations

import os
import pathlib
import subprocess
from typing import Any

PLAYBOOK = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/container_runtime.yml")
PROBE = "groundup.cloud/probe:1"
HOSTS = "--hosts-dir /etc/containerd/certs.d"


def converge(*more: str) -> str:
    """Run the README's playbook once more and return its output."""
    inventory = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "inventory", "machine.yml")
    words = ["ansible-playbook", "-i", str(inventory), str(PLAYBOOK), "--diff", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_image_comes_from_the_mirror_and_a_container_runs(host: Any) -> None:
    host.check_output(f"ctr images pull {HOSTS} {PROBE}")
    run = "ctr run --rm --runc-binary /usr/bin/crun --runc-systemd-cgroup --cgroup machine.slice:ctr:probe"
    assert host.check_output(f"{run} {PROBE} probe /bin/sh -c 'echo from $((40 + 2))'") == "from 42"


def test_what_the_bundle_lacks_fails_at_once(host: Any) -> None:
    done = host.run(f"timeout 60 ctr images pull {HOSTS} docker.io/library/absent:1")
    assert done.rc not in (0, 124) and "not found" in done.stderr + done.stdout


def test_the_cri_is_ready_with_systemd_cgroups(host: Any) -> None:
    plugins = host.check_output("ctr plugins ls")
    cri = [line.split() for line in plugins.splitlines() if ".cri" in line]
    assert cri and all(words[-1] == "ok" for words in cri), plugins
    dump = host.check_output("containerd config dump")
    assert "SystemdCgroup = true" in dump and "BinaryName = '/usr/bin/crun'" in dump
    assert "config_path = '/etc/containerd/certs.d'" in dump and "registry.k8s.io/pause" in dump
    assert "stats_collect_period = '10s'" in dump, "each second unless told, which an emulated CPU feels"


def test_cni_plugins_answer(host: Any) -> None:
    assert "cniVersion" in host.check_output("CNI_COMMAND=VERSION /opt/cni/bin/bridge < /dev/null")


def test_changes_made_by_hand_are_mended_and_nothing_else_is_touched(host: Any) -> None:
    host.check_output(
        "echo x >> /opt/cni/bin/ptp; rm /usr/local/bin/ctr; systemctl stop containerd;"
        "cd /etc/containerd; echo y > others; mkdir certs.d/stray certs.d/own; echo 'version = 3' > conf.d/99-gpu.toml;"
        "echo \"server = 'https://own.example.net'\" > certs.d/own/hosts.toml;"
        "head -1 config.toml > certs.d/stray/hosts.toml"
    )
    output = converge()
    for line in (
        "archive /opt/cni/bin/",
        "file /usr/local/bin/ctr",
        "systemctl start containerd",
        "remove /etc/containerd/certs.d/stray/hosts.toml",
    ):
        assert line in output, output
    assert "changed=0" in converge("--check")
    for name in ("others", "certs.d/own/hosts.toml", "conf.d/99-gpu.toml"):
        assert host.file(f"/etc/containerd/{name}").exists, "files of others stay"
    assert host.service("containerd").is_running and host.service("containerd").is_enabled


def test_a_restart_of_containerd_leaves_containers_alone(host: Any) -> None:
    host.check_output(f"ctr run -d --runc-binary /usr/bin/crun {PROBE} stays /bin/sh -c 'while true; do sleep 1; done'")
    before = host.check_output("ctr task ls | grep stays")
    host.check_output("systemctl restart containerd")
    assert host.check_output("ctr task ls | grep stays") == before
    host.check_output("ctr task kill -s 9 stays; sleep 2; ctr container rm stays")
