# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of Cilium: what it takes from an MTU, and how large a node's part of the subnet of pods can be."""

from __future__ import annotations

#: Bytes that Cilium takes from the MTU of its devices for a tunnel over IPv4 and for WireGuard (pkg/mtu/mtu.go).
TUNNEL_BYTES, WIREGUARD_BYTES = 50, 95
#: Prefix lengths of a node's part of the subnet of pods: from 62 to 65534 pods.
LONGEST, SHORTEST = 26, 16
