# SPDX-License-Identifier: GPL-3.0-or-later
"""What the double of NVUE accepts: paths and values of a patch, its merge, and what makes a revision invalid.

Taken from the user guide's "NVUE API" and the command reference.
"""

from __future__ import annotations

import copy
from typing import Any

Tree = dict[str, Any]
ANY = object()
_TIMERS: Tree = {"detect-multiplier": range(2, 256)}
_TIMERS |= {key: range(50, 60001) for key in ("min-rx-interval", "min-tx-interval")}
VID = ("auto", "none", *range(1, 4095))


def schema(on: str, off: str, feature: str) -> Tree:
    """A dictionary of keys ("*" is any), a tuple of values, or ANY.

    :param on: the word of the release for on, as `off`.
    :param feature: the key that switches MLAG.
    """
    switch, profiles = (on, off), feature == "state"
    stp = {"admin-edge": switch, "auto-edge": switch, "bpdu-guard": switch}
    bond = {
        "member": {"*": {}},
        "mode": ("lacp", "static"),
        "lacp-rate": ("fast", "slow"),
        "lacp-bypass": switch,
        "mlag": {"id": ("auto", *range(1, 65536)), feature: switch},
        "up-delay": ANY,
    }
    port = {
        "type": ("swp", "bond", "eth", "loopback", "peerlink", "sub", "svi"),
        "description": ANY,
        "ip": ANY,
        "link": {"mtu": range(552, 9217), "speed": ANY},
        "qos": ANY,
        "bridge": {"domain": {"*": {"access": VID, "untagged": VID, "vlan": {"*": {}}, "stp": stp}}},
        "bond": bond,
        "base-interface": ANY,
        "vlan": range(1, 4095),
    }
    bridge = {"type": ("vlan-aware",), "untagged": VID, "stp": ANY, "vlan": {"*": {"vni": ANY}}}
    return {
        "system": ANY,
        "vrf": {"*": {"router": {"bgp": _bgp(switch, feature), "static": ANY}, "evpn": ANY}},
        "router": {
            "bgp": {feature: switch, "autonomous-system": ANY, "router-id": ANY},
            **({"bfd": {"state": switch, "profile": {"*": _TIMERS | {"passive-mode": switch}}}} if profiles else {}),
            "policy": {"prefix-list": {"*": _prefix_list()}, "route-map": ANY},
        },
        "mlag": {feature: switch, "mac-address": ANY, "peer-ip": ANY, "backup": {"*": {"vrf": ANY}}, "init-delay": ANY},
        "bridge": {"domain": {"*": bridge}},
        "interface": {"*": port},
    }


def _bgp(switch: tuple[str, ...], feature: str) -> Tree:
    """BGP of a VRF, as far as the driver writes it."""
    policy = {way: {"prefix-list": ANY, "route-map": ANY} for way in ("inbound", "outbound")}
    unicast = {feature: switch, "policy": policy, "route-reflector-client": switch}
    unicast["prefix-limits"] = {"inbound": {"maximum": range(1 << 32)}}
    bfd = {"profile": ANY} if feature == "state" else _TIMERS | {"enable": switch}
    peer = {"remote-as": ANY, "password": ANY, "description": ANY, "shutdown": switch, "bfd": bfd}
    peer["address-family"] = {"ipv4-unicast": unicast}
    process = {feature: switch, "autonomous-system": range(1, 1 << 32), "router-id": ANY, "peer-group": {"*": peer}}
    neighbor = peer | {"type": ("numbered", "unnumbered"), "peer-group": ANY}
    return process | {"neighbor": {"*": neighbor}, "address-family": ANY}


def _prefix_list() -> Tree:
    match = {"*": {"min-prefix-len": range(33), "max-prefix-len": range(33)}}
    return {"type": ("ipv4", "ipv6"), "rule": {"*": {"action": ("permit", "deny"), "match": match}}}


class BadPathError(Exception):
    """The schema has no such path or value."""


def check(tree: Any, schema: Any, path: str = "") -> None:
    """Compare a patch with the schema; None may stand everywhere."""
    if tree is None or schema is ANY:
        return
    if isinstance(schema, dict):
        if not isinstance(tree, dict):
            raise BadPathError(f"{path}: is no object")
        for key, value in tree.items():
            if key not in schema and "*" not in schema:
                raise BadPathError(f"{path}/{key}: does not exist")
            check(value, schema.get(key, schema.get("*")), f"{path}/{key}")
    elif tree not in schema:
        raise BadPathError(f"{path}: {tree!r} is not valid")


def merge(tree: Tree, patch: Tree) -> None:
    """Merge a patch; None removes."""
    for key, value in patch.items():
        if value is None:
            tree.pop(key, None)
        elif isinstance(value, dict) and isinstance(tree.get(key), dict):
            merge(tree[key], value)
        else:
            tree[key] = copy.deepcopy(value)


def sets_and_unsets(patch: Any) -> tuple[bool, bool]:
    """Whether a patch sets and unsets anything."""
    if not isinstance(patch, dict) or not patch:
        return patch is not None, patch is None
    both = [sets_and_unsets(value) for value in patch.values()]
    return any(a for a, __ in both), any(b for __, b in both)


def _dangling(bgp: Tree, bfd: Tree) -> str | None:
    """A group or a profile that is used and is not there."""
    groups = bgp.get("peer-group") or {}
    for name, item in groups.items():
        profile = (item.get("bfd") or {}).get("profile")
        if profile and profile not in (bfd.get("profile") or {}):
            return f"peer group {name}: there is no BFD profile {profile}"
    for address, item in (bgp.get("neighbor") or {}).items():
        if item.get("peer-group") and item["peer-group"] not in groups:
            return f"neighbor {address}: there is no peer group {item['peer-group']}"
    return None


def invalid(config: Tree) -> str | None:
    """Why NVUE would refuse a configuration; None if it would not."""
    for vrf in (config.get("vrf") or {}).values():
        bgp = (vrf.get("router") or {}).get("bgp") or {}
        if why := _dangling(bgp, (config.get("router") or {}).get("bfd") or {}):
            return why
    own = [one for item in config["interface"].values() for one in (item.get("ip") or {}).get("address") or {}]
    if len(own) != len(set(own)):
        return "an address is that of two interfaces"
    users: dict[str, str] = {}
    for name, item in config["interface"].items():
        for member in (item.get("bond") or {}).get("member") or {}:
            if member in users:
                return f"{member} is a member of {users[member]} and {name}"
            users[member] = name
        if ((item.get("bond") or {}).get("mlag") or {}).get("id") and not config.get("mlag"):
            return f"{name}: mlag is not enabled"
        for domain in ((item.get("bridge") or {}).get("domain") or {}).values():
            if "access" in domain and {"untagged", "vlan"} & set(domain):
                return f"{name}: access and untagged or vlan exclude each other"
    for member, bond in users.items():
        if (config["interface"].get(member) or {}).get("bridge"):
            return f"{member} is a member of {bond} and of a bridge"
    return None
