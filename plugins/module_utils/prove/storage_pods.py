# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claims and pods that prove a cloud's storage. The pods need the applets of busybox only.

A pod writes data that is made of a word, so everybody can compute its checksum. What a pod says is its message, and its
log as well, so that both a proof and an explanation have it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from . import workloads

Json = dict[str, Any]
#: Bytes that are written, and those of a region of a shared volume.
BYTES, REGION = 16 << 20, 1 << 20
#: Size of a volume, and after its expansion, as quantities; in KiB what its file system must have more than then.
SIZE, LARGER, MORE_THAN = "256Mi", "512Mi", 384 << 10
SNAPSHOTS = "snapshot.storage.k8s.io/v1"
BUCKETS = "objectbucket.io/v1alpha1"
_VOLUME, _FILES, _DEVICE = "data", "/data", "/dev/proof"

_UP = 'up() { read -r up rest < /proc/uptime; echo "${up%%.*}"; }\nend=$(($(up) + PATIENCE))\n'
_SUM = f"sha256sum < {_FILES}/proof | cut -c1-64"
_WRITE = f"""yes "$WORD" | head -c {BYTES} |
  dd of={_FILES}/proof bs=1M iflag=fullblock conv=fsync status=none && {_SUM}"""
_READ = _SUM
# It grows when the kubelet has made the file system larger, which may be after the pod has begun.
_GROWN = f"""{_UP}size() {{ df -P -k {_FILES} | awk 'NR == 2 {{ print $2 }}'; }}
until [ "$(size)" -gt {MORE_THAN} ]; do
  [ "$(up)" -lt "$end" ] || {{ echo "the file system has $(size) KiB, not more than {MORE_THAN}"; exit 1; }}
  sleep 2
done
{_SUM}"""
# Two pods at a time: each writes, reads what the other wrote, says so in the volume, and reads that of the other. So
# none of them can end before both had the volume.
_SHARE = f"""{_UP}put() {{ yes "$2" | head -c {REGION} |
  dd of="$TARGET" bs=1M seek="$1" iflag=fullblock conv=notrunc,fsync status=none ${{DIRECT:+oflag=direct}}; }}
has() {{ yes "$2" | head -c {REGION} > /tmp/wanted
  dd if="$TARGET" bs=1M skip="$1" count=1 iflag="fullblock${{DIRECT:+,direct}}" status=none | cmp -s - /tmp/wanted; }}
await() {{ until has "$1" "$2"; do
    [ "$(up)" -lt "$end" ] || {{ echo "what $3 has written does not arrive"; exit 1; }}
    sleep 1
  done; }}
put "$AT" "$ME" && await "$PEER_AT" "$PEER" "$PEER" && put "$((AT + 2))" "$ME has read" &&
  await "$((PEER_AT + 2))" "$PEER has read" "$PEER" && echo good"""


def checksum(word: str) -> str:
    """The checksum of what a pod writes for this word."""
    line = f"{word}\n".encode()
    return hashlib.sha256((line * (BYTES // len(line) + 1))[:BYTES]).hexdigest()


def saying(script: str) -> str:
    """The script, of which everything that it prints is log and message, and whose status is that of the pod."""
    return f"( {script}\n) > /tmp/said 2>&1; status=$?; tee /dev/termination-log < /tmp/said; exit $status"


def claim(
    namespace: str, name: str, of_class: str, *, shared: bool = False, raw: bool = False, size: str = SIZE
) -> Json:
    """A claim. `shared`: for several nodes; `raw`: for blocks without a file system."""
    spec = {
        "storageClassName": of_class,
        "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
        "volumeMode": "Block" if raw else "Filesystem",
        "resources": {"requests": {"storage": size}},
    }
    return _object("v1", "PersistentVolumeClaim", namespace, name, spec)


def made_of(body: Json, kind: str, name: str) -> Json:
    """The claim, for a volume with the data of a snapshot or of another claim."""
    group = {"apiGroup": SNAPSHOTS.partition("/")[0]} if kind == "VolumeSnapshot" else {}
    return {**body, "spec": {**body["spec"], "dataSource": {**group, "kind": kind, "name": name}}}


def snapshot(namespace: str, name: str, of_class: str, of_claim: str) -> Json:
    """A snapshot of a claim's volume."""
    spec = {"volumeSnapshotClassName": of_class, "source": {"persistentVolumeClaimName": of_claim}}
    return _object(SNAPSHOTS, "VolumeSnapshot", namespace, name, spec)


def quota(namespace: str, name: str, of_class: str, most: str) -> Json:
    """The most that claims of a class may ask for together."""
    hard = {f"{of_class}.storageclass.storage.k8s.io/requests.storage": most}
    return _object("v1", "ResourceQuota", namespace, name, {"hard": hard})


def bucket(namespace: str, name: str, of_class: str, most: int = 0) -> Json:
    """A claim of a bucket, with a quota of ``most`` bytes if there is one."""
    spec: Json = {"generateBucketName": name, "storageClassName": of_class}
    if most:
        spec["additionalConfig"] = {"maxSize": str(most)}
    return _object(BUCKETS, "ObjectBucketClaim", namespace, name, spec)


class Pods:
    """Makes pods for one namespace.

    :param image: reference of the probe image, which has busybox's applets on its path.
    :param patience: seconds for which a pod repeats what it waits for.
    """

    def __init__(self, namespace: str, image: str, patience: int) -> None:
        self._namespace, self._image, self._patience = namespace, image, patience
        self._made = 0

    def writes(self, node: str, of_claim: str, word: str) -> Json:
        """A pod that writes, and says the checksum of what the volume has."""
        return self._files(node, of_claim, _WRITE, WORD=word)

    def reads(self, node: str, of_claim: str) -> Json:
        """A pod that says the checksum of what the volume has."""
        return self._files(node, of_claim, _READ)

    def grown(self, node: str, of_claim: str) -> Json:
        """A pod that waits until the file system is larger, and says the checksum of what it has."""
        return self._files(node, of_claim, _GROWN)

    def share(self, nodes: tuple[str, str], of_claim: str, *, raw: bool) -> list[Json]:
        """Two pods that use a volume at the same time."""
        pods = []
        for at, peer_at in ((0, 1), (1, 0)):
            env = {"ME": f"pod {at}", "PEER": f"pod {peer_at}", "AT": str(at), "PEER_AT": str(peer_at)}
            if raw:
                env |= {"TARGET": _DEVICE, "DIRECT": "yes"}
                pods.append(self._raw(nodes[at], of_claim, _SHARE, env))
            else:
                pods.append(self._files(nodes[at], of_claim, _SHARE, **env, TARGET=f"{_FILES}/shared"))
        return pods

    def once(self, node: str, script: str, env: Mapping[str, str]) -> Json:
        """A pod that runs a script."""
        self._made += 1
        env = {"PATIENCE": str(self._patience), **env}
        return workloads.once(self._namespace, self._image, f"pod-{self._made}", node, saying(script), env)

    def _files(self, node: str, of_claim: str, script: str, **env: str) -> Json:
        pod = self._with(self.once(node, script, env), of_claim)
        pod["spec"]["securityContext"] = {"fsGroup": 65534, "fsGroupChangePolicy": "OnRootMismatch"}
        pod["spec"]["containers"][0]["volumeMounts"] = [{"name": _VOLUME, "mountPath": _FILES}]
        return pod

    def _raw(self, node: str, of_claim: str, script: str, env: Mapping[str, str]) -> Json:
        pod = self._with(self.once(node, script, env), of_claim)
        container = pod["spec"]["containers"][0]
        container["volumeDevices"] = [{"name": _VOLUME, "devicePath": _DEVICE}]
        # The device belongs to root, and no group of a pod may use it.
        owner = {"runAsUser": 0, "runAsNonRoot": False}
        container["securityContext"] = container["securityContext"] | owner
        return pod

    @staticmethod
    def _with(pod: Json, of_claim: str) -> Json:
        pod["spec"]["volumes"] = [{"name": _VOLUME, "persistentVolumeClaim": {"claimName": of_claim}}]
        return pod


def _object(version: str, kind: str, namespace: str, name: str, spec: Mapping[str, Any]) -> Json:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": dict(spec),
    }
