# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EncryptionConfiguration and audit policy of the API server."""

from __future__ import annotations

import base64
import secrets
import typing as t

# Resources whose content must never reach a log.
SECRET = [{"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]}]
NOISE = ["system:kube-proxy", "system:kube-scheduler", "system:kube-controller-manager", "system:apiserver"]


def new_key() -> str:
    """A fresh 256 bit key, base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def encryption(key: str) -> dict[str, t.Any]:
    """EncryptionConfiguration: XSalsa20-Poly1305, fast without AES instructions; ``identity`` reads older Secrets."""
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "EncryptionConfiguration",
        "resources": [
            {
                "resources": ["secrets"],
                "providers": [{"secretbox": {"keys": [{"name": "groundup-1", "secret": key}]}}, {"identity": {}}],
            }
        ],
    }


def audit() -> dict[str, t.Any]:
    """Who changed what: metadata of every change and of every read of a secret, without the components' own reads."""
    return {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/version", "/openapi*"]},
            {"level": "None", "resources": [{"group": "", "resources": ["events"]}]},
            {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
            # Before the rules that log nothing: reads with a kubelet's stolen credentials must be logged.
            {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}], "verbs": ["get", "list"]},
            {"level": "None", "users": NOISE, "verbs": ["get", "list", "watch"]},
            {"level": "None", "userGroups": ["system:nodes"], "verbs": ["get", "list", "watch"]},
            {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"], "verbs": ["get", "list", "watch"]},
            {"level": "Metadata", "resources": SECRET},
            {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
        ],
    }
