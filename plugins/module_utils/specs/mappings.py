# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of mappings whose names are free, which argument specs cannot describe."""

from __future__ import annotations

from typing import Any

_STR: dict[str, Any] = {"type": "str"}
_FILE: dict[str, Any] = {"type": "dict", "options": {"url": _STR, "sha256": {"type": "str", "required": True}}}
_END: dict[str, Any] = {
    "type": "dict",
    "options": {"switch": {"type": "str", "required": True}, "port": {"type": "str", "required": True}},
}
#: Role and path of the mapping, without places in lists -> the option that each of its values is.
VALUES: dict[str, dict[str, Any]] = {
    "container_runtime.drop_ins": _STR,
    "container_runtime.files": _FILE,
    "drawing.machines.addresses": _STR,
    "drawing.machines.cables": _END,
    "drawing.others.addresses": _STR,
    "drawing.switches.uplinks": _STR,
    "host_base.ca_certificates": _STR,
    "host_base.hosts": _STR,
    "host_base.limits": _STR,
    "host_base.sysctls": _STR,
    "host_network.peers": {"type": "list", "elements": "str"},
    "kubernetes.control_planes": _STR,
    "kubernetes.files": _FILE,
    "kubernetes.node.kubelet": {"type": "raw"},
    "kubernetes.node.labels": _STR,
    "provisioner.addresses": _STR,
    "provisioner.images": {"type": "dict"},
    "provisioner.names": _STR,
}
