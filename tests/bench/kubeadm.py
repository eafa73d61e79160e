# SPDX-License-Identifier: GPL-3.0-or-later
"""`kubeadm init` by hand: the least that the role `kubernetes` can take on one machine.

It runs on the machine of Molecule's scenario `kubernetes` after the role, with the configuration that the role left
there. The same programs and images come from the same server again, one after another. So the ratio shows what the role
does in addition, and what it does side by side.
"""

from __future__ import annotations

import collections.abc
import pathlib
import shlex

from ansible_collections.groundup.cloud.plugins.module_utils.kube import paths
from ansible_collections.groundup.cloud.plugins.module_utils.layers.kubernetes import MULTI, PROGRAMS

#: Where Molecule's machine reaches the bundle, and its own address (docs/examples/kubernetes.yml).
SERVER = "http://10.99.10.1:8080/bundle"
ADDRESS = "10.99.10.21"
DIRECTORY = "/usr/local/bin"
CONFIGURATION = f"""---
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {{advertiseAddress: {ADDRESS}}}
nodeRegistration: {{criSocket: unix:///run/containerd/containerd.sock, taints: []}}
patches: {{directory: {paths.PATCHES}}}
timeouts: {{controlPlaneComponentHealthCheck: 15m0s, kubeletHealthCheck: 15m0s, kubernetesAPICall: 15m0s}}
"""
BEFORE = f"""set -e
kubeadm reset -f >/root/reset.log 2>&1
ctr -n k8s.io images ls -q | xargs -r ctr -n k8s.io images rm --sync >>/root/reset.log
cat {paths.CLUSTER} - >/root/by-hand.yaml <<END
{CONFIGURATION}END
"""
AFTER = """failed() { tail -n 20 "$1" >&2; exit 1; }
kubeadm config images pull --config /root/by-hand.yaml >/root/pull.log 2>&1 || failed /root/pull.log
moved=$(date +%s)
kubeadm init --config /root/by-hand.yaml >/root/init.log 2>&1 || failed /root/init.log
echo $((moved - began)) $(($(date +%s) - moved))
"""
Files = collections.abc.Mapping[str, collections.abc.Mapping[str, str]]


def script(files: Files) -> str:
    """The commands that take the cluster away and form it again by hand; they print the seconds of both parts.

    :param files: the url and sha256 of the bundle's files by their names. A bundle has one program that acts by its
        name, or upstream's three.
    """
    names = (MULTI,) if MULTI in files else PROGRAMS
    programs = {f"{DIRECTORY}/{name}": files[name] for name in names}
    moved = [line for path, file in programs.items() for line in _fetched(path, file)]
    return "\n".join([BEFORE + f"rm {' '.join(programs)}", "began=$(date +%s)", *moved, AFTER])


def _fetched(path: str, file: collections.abc.Mapping[str, str]) -> list[str]:
    copy = f"/root/{pathlib.PurePath(path).name}"
    return [
        f"curl -fsS -o {copy} {shlex.quote(file['url'])}",
        f"echo '{file['sha256']}  {copy}' | sha256sum -c --quiet",
        f"install -m 755 {copy} {path}",
    ]


def seconds(output: str) -> tuple[float, float]:
    """The seconds of moving programs and images, and of kubeadm init, which the script printed last.

    :raises RuntimeError: it printed something else.
    """
    words = output.split()[-2:]
    if len(words) != 2 or not all(word.isdigit() for word in words):
        raise RuntimeError(f"kubeadm by hand printed no seconds, but {output[-200:]!r}")
    return float(words[0]), float(words[1])
