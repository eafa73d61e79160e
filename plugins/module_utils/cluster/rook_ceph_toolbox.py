# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The toolbox: a pod with Ceph's programs and the administrator's key, in which playbooks and people ask Ceph.

Rook itself makes none. Names, and where configuration and key come from, are those of Rook's documentation 1.20
(Troubleshooting, Ceph Toolbox), so everybody's commands find it. It has no label of a daemon: a stop of all of Ceph
leaves it running, as Ceph is asked by it afterwards, and an upgrade does not wait for it as for a daemon.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..objects.applyset import PART_OF
from ..objects.live import get
from ..objects.transport import Transport
from . import rook_ceph_cluster
from .placement import tolerations
from .rook_ceph_input import DEPLOYMENTS, NAMESPACE, is_external

Params = Mapping[str, Any]
Json = dict[str, Any]
#: Its name and label, and the keys of the input: that it is wanted, and that somebody else has brought one.
NAME, KEY, THEIRS = "rook-ceph-tools", "toolbox", "toolbox_of_others"
PATH = f"{DEPLOYMENTS}/{NAME}"
#: The user that Rook gives its toolbox; any would do.
_USER = 2016
#: Files of Rook by its names for them, and Ceph's configuration, which programs of Ceph find by the same variable.
#: That is in memory: it is not left on a node's disk, and a drain takes no emptyDir for data that it would lose.
_ROOK, _CONF = "/run/rook", "/dev/shm/ceph.conf"
#: Rook writes monitors as name=address, and the bare key. Both change while the pod runs, so they are read again.
SCRIPT = """umask 077
trap 'exit 0' INT TERM
keyring=${CEPH_CONF%/*}/keyring
while :; do
  if [ -s "$ROOK/monitors/data" ] && [ -s "$ROOK/key/ceph-secret" ]; then
    {
      echo "[$(cat "$ROOK/key/ceph-username")]"
      echo "key = $(cat "$ROOK/key/ceph-secret")"
    } > "$keyring.new" && mv "$keyring.new" "$keyring"
    {
      echo '[global]'
      echo "mon_host = $(sed 's/[A-Za-z0-9_-]*=//g' "$ROOK/monitors/data")"
      echo "keyring = $keyring"
      [ ! -s "$ROOK/override/config" ] || cat "$ROOK/override/config"
    } > "$CEPH_CONF.new" && mv "$CEPH_CONF.new" "$CEPH_CONF"
  fi
  sleep 10 &
  wait $!
done
"""
#: It is ready once Ceph has answered; later, no probe costs anything. The container goes on while Ceph is stopped.
_ANSWERS = {
    "exec": {"command": ["ceph", "--connect-timeout", "20", "fsid"]},
    "periodSeconds": 15,
    "timeoutSeconds": 120,
    "failureThreshold": 100_000,
}


def wanted(params: Params) -> bool:
    """Whether there shall be one. The exported user of an external cluster may not ask what it is for."""
    return bool(params.get(KEY, True)) and not is_external(params) and not params.get(THEIRS)


def of_others(transport: Transport, params: Params) -> bool:
    """Whether one is wanted, and somebody else has brought it."""
    if not wanted(params):
        return False
    live = get(transport, PATH)
    return live is not None and PART_OF not in (live["metadata"].get("labels") or {})


def warnings(transport: Transport, params: Params) -> list[str]:
    """What is to be said of one that somebody else has brought."""
    if not of_others(transport, params):
        return []
    text = (
        f"the toolbox (Deployment {NAMESPACE}/{NAME}) is that of somebody else, so it was left as it is, and is not "
        "upgraded with Ceph; remove it and run again, or write toolbox: false to keep it"
    )
    return [text]


def render(params: Params) -> list[Json]:
    """The Deployment, where it is wanted."""
    if not wanted(params):
        return []
    labels = {"app": NAME}
    template = {"metadata": {"labels": labels}, "spec": _pod(params)}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": NAME, "namespace": NAMESPACE, "labels": labels},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        }
    ]


def _pod(params: Params) -> Json:
    lost = {"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
    gone = [{"key": f"node.kubernetes.io/{why}", **lost} for why in ("not-ready", "unreachable")]
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "priorityClassName": "system-cluster-critical",
        "tolerations": [*gone, *tolerations(params)],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(params)],
        "volumes": [
            _file("monitors", "configMap", "name", "rook-ceph-mon-endpoints", "data"),
            _file("key", "secret", "secretName", "rook-ceph-mon", "ceph-username", "ceph-secret"),
            {"name": "override", "configMap": {"name": "rook-config-override", "optional": True}},
        ],
    }


def _container(params: Params) -> Json:
    memory = _CONF.rpartition("/")[0]
    env = {"ROOK": _ROOK, "CEPH_CONF": _CONF, "HOME": memory, "TMPDIR": memory}
    return {
        "name": NAME,
        "image": rook_ceph_cluster.image(params),
        "imagePullPolicy": "IfNotPresent",
        "command": ["/bin/bash", "-c", SCRIPT],
        "env": [{"name": key, "value": value} for key, value in env.items()],
        "startupProbe": _ANSWERS,
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": name, "mountPath": f"{_ROOK}/{name}", "readOnly": True} for name in ("monitors", "key", "override")
        ],
    }


def _file(name: str, kind: str, key: str, of: str, *files: str) -> Json:
    """A volume with some keys of a ConfigMap or Secret, each a file of its name."""
    return {"name": name, kind: {key: of, "items": [{"key": one, "path": one} for one in files]}}
