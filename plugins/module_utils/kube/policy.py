# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EncryptionConfiguration and audit policy of the API server."""

from __future__ import annotations

import base64
import secrets
import typing as t

from ..host.state import File
from . import paths, yaml
from .settings import Settings

# Resources whose content must never reach a log.
SECRET = [{"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]}]
READS = ["get", "list", "watch"]
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


def files(settings: Settings) -> tuple[File, ...]:
    """The audit policy where there is one, the same for control planes on machines and hosted ones. Only the API server
    reads it, as root, and it tells an intruder what is not logged."""
    return (File(paths.AUDIT_POLICY, yaml.dump(audit()), mode=0o600),) if settings.audit else ()


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
            # Before the rules that log nothing: reads with a kubelet's stolen credentials must be logged. A watch sends
            # the content of Secrets as a list does.
            {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}], "verbs": READS},
            {"level": "None", "users": NOISE, "verbs": READS},
            {"level": "None", "userGroups": ["system:nodes"], "verbs": READS},
            {"level": "None", "userGroups": ["system:serviceaccounts:kube-system"], "verbs": READS},
            {"level": "Metadata", "resources": SECRET},
            {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
        ],
    }
