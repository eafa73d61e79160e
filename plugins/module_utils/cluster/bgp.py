# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits of BGP, and of the schema of MetalLB's BGPPeer; Secrets of passwords, which MetalLB and Cilium read alike."""

from __future__ import annotations

from typing import Any

PORT = 179
#: How long a session outlives the last message of its router, in seconds (RFC 4271, section 4.2: none, or at least 3).
HOLD_SECONDS = 90
LEAST_HOLD = 3
#: The largest port of a router that BGPPeer takes.
LAST_PORT = 16384
#: Milliseconds between packets of BFD, and packets, that BFDProfile takes.
BFD_INTERVAL, BFD_MULTIPLIER = (10, 60000), (2, 255)
#: The number above it is reserved (RFC 7300).
LAST_AS = 4294967294


def secret_name(peer: str) -> str:
    """The name of the Secret with the password of a session with a router."""
    return f"bgp-{peer}"


def secret(peer: str, password: str, namespace: str) -> dict[str, Any]:
    """The Secret with the password of a session with a router."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret_name(peer), "namespace": namespace},
        "type": "kubernetes.io/basic-auth",
        "stringData": {"password": str(password)},
    }
