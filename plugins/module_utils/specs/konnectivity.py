# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/konnectivity/meta/argument_specs.yml; change that file, not this one.
"""The input of the role konnectivity as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "server": {"type": "str", "required": True},
        "image": {
            "type": "str",
            "default": "registry.k8s.io/kas-network-proxy/proxy-agent:v0.36.0",
        },
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
    },
}
# fmt: on
