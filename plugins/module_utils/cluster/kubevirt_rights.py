# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The right to migrate virtual machines, for those who may edit their namespace.

KubeVirt has it in a ClusterRole of its own, `kubevirt.io:migrate`, which is part of none of Kubernetes' roles for users
(pkg/virt-operator/resource/generate/rbac/cluster.go). virt-operator writes that back as it was, so the rules are here
once more, with the label by which Kubernetes adds them to its role `edit`, which is part of `admin`.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
NAME = "groundup-migrate-virtual-machines"
#: Those of `kubevirt.io:migrate`, which a test compares.
RULES: tuple[Json, ...] = (
    {"apiGroups": ["subresources.kubevirt.io"], "resources": ["virtualmachines/migrate"], "verbs": ["update"]},
    {
        "apiGroups": ["kubevirt.io"],
        "resources": ["virtualmachineinstancemigrations"],
        "verbs": ["get", "delete", "create", "update", "patch", "list", "watch", "deletecollection"],
    },
)


def objects() -> list[Json]:
    """The ClusterRole."""
    labels = {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": NAME, "labels": labels},
            "rules": list(RULES),
        }
    ]
