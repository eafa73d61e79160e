# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of Ceph, asked once by a pod of the cluster, which has the key that Rook gives its toolbox.

What the pod needs is that of Rook's toolbox (Rook's documentation 1.20, Troubleshooting, Ceph Toolbox): endpoints of
the monitors from a ConfigMap, and the key from a Secret, of which neither a command line nor a log has anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..ceph import layout, osd_names, state
from ..ceph.runner import Ceph, CephError, Words
from ..cluster.rook_ceph_cluster import CEPH_IMAGE
from ..cluster.rook_ceph_input import NAMESPACE
from ..kube.api import Api
from ..report.proofs import ProofError
from . import workloads
from .spaces import Space

#: What is asked: what the readers of Ceph's state need, and the configuration.
QUESTIONS: tuple[Words, ...] = tuple(
    dict.fromkeys(
        (
            *state.COMMANDS,
            *layout.COMMANDS,
            *osd_names.COMMANDS,
            ("pg", "dump", "pgs_brief"),
            ("config", "dump"),
            ("versions",),
        )
    )
)
#: What a user may ask who may read the health alone, as that of an external cluster.
OF_OTHERS: tuple[Words, ...] = (("status",), ("health", "detail"))
_MARK = "== "
#: User of Rook's images of Ceph, as in its manifest of the toolbox.
_USER = 2016
_MEMORY = {"requests": {"cpu": "10m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
# Ceph may warn for some moments, as after a pool was made. What it says at the end of that time counts.
_SCRIPT = f"""umask 077
{{ echo '[global]'; echo "mon_host = $(sed 's/[A-Za-z0-9_-]*=//g' "$ROOK/mon-endpoints")"; }} > /tmp/ceph.conf
{{ echo "[$CEPH_USER]"; echo "key = $(cat "$KEY/key")"; }} > /tmp/keyring
ask() {{ ceph --conf /tmp/ceph.conf --keyring /tmp/keyring --name "$CEPH_USER" --connect-timeout 30 "$@"; }}
up() {{ read -r up rest < /proc/uptime; echo "${{up%%.*}}"; }}
end=$(($(up) + PATIENCE))
until health=$(ask health) && [ "$health" = HEALTH_OK ]; do [ "$(up)" -lt "$end" ] || break; sleep 5; done
printf '%s' "$QUESTIONS" | while read -r words; do
  echo "{_MARK}$words"
  ask $words --format json || exit 1
  echo
done"""


class Recorded(Ceph):
    """Answers that were recorded, for those who read from Ceph."""

    def __init__(self, answers: Mapping[Words, Any]) -> None:
        super().__init__(["ceph"])
        self._answers = answers

    def read_all(self, *commands: Words) -> list[Any]:
        """The answers to questions that were asked.

        :raises CephError: one was not.
        """
        for words in commands:
            if words not in self._answers:
                raise CephError(f"ceph {' '.join(words)} was not asked")
        return [self._answers[words] for words in commands]


@dataclass(frozen=True)
class CephPod:
    """The pod.

    :ivar node: where it runs.
    :ivar patience: seconds until it has to have ended.
    :ivar questions: what is asked.
    """

    api: Api
    node: str
    patience: int
    questions: tuple[Words, ...] = QUESTIONS

    def ask(self) -> Recorded:
        """Start the pod, read what it printed, and remove it.

        :raises ProofError: it did not start or could not ask, with the reasons.
        """
        body = self.pod(f"{workloads.PREFIX}ceph-{int(time.time())}")
        space, path = Space(self.api, NAMESPACE, self.patience), f"/api/v1/namespaces/{NAMESPACE}/pods"
        path = f"{path}/{body['metadata']['name']}"
        try:
            space.until([space.make(body, "pods", once=True)], "a pod that asks Ceph")
            return Recorded(parsed(self.api.text(f"{path}/log") or "", self.questions))
        finally:
            self.api.delete(path)

    def pod(self, name: str) -> dict[str, Any]:
        """The pod. A run that is killed leaves it; it ends by itself then."""
        env = {
            "ROOK": "/etc/rook",
            "KEY": "/etc/rook-key",
            "PATIENCE": str(self.patience // 4),
            "QUESTIONS": "".join(f"{' '.join(words)}\n" for words in self.questions),
        }
        pod = workloads.once(NAMESPACE, CEPH_IMAGE, name, self.node, _SCRIPT, env)
        pod["spec"]["activeDeadlineSeconds"] = 2 * self.patience + 60
        container = pod["spec"]["containers"][0]
        user = {"secretKeyRef": {"name": "rook-ceph-mon", "key": "ceph-username"}}
        container["env"].append({"name": "CEPH_USER", "valueFrom": user})
        container["resources"] = _MEMORY
        container["securityContext"] = container["securityContext"] | {"runAsUser": _USER, "runAsGroup": _USER}
        container["volumeMounts"] = [
            {"name": "endpoints", "mountPath": env["ROOK"], "readOnly": True},
            {"name": "key", "mountPath": env["KEY"], "readOnly": True},
        ]
        endpoints = {"name": "rook-ceph-mon-endpoints", "items": [{"key": "data", "path": "mon-endpoints"}]}
        key = {"secretName": "rook-ceph-mon", "items": [{"key": "ceph-secret", "path": "key"}]}
        pod["spec"]["volumes"] = [{"name": "endpoints", "configMap": endpoints}, {"name": "key", "secret": key}]
        return pod


def parsed(log: str, questions: Sequence[Words] = QUESTIONS) -> dict[Words, Any]:
    """The answers that the pod printed.

    :raises ProofError: one is missing or no JSON.
    """
    parts = dict(part.split("\n", 1) for part in f"\n{log}".split(f"\n{_MARK}")[1:] if "\n" in part)
    found: dict[Words, Any] = {}
    for words in questions:
        text = parts.get(" ".join(words))
        try:
            found[words] = json.loads(text or "")
        except ValueError as error:
            raise ProofError(f"ceph {' '.join(words)}: {(text or 'no answer').strip()[:200]} ({error})") from error
    return found
