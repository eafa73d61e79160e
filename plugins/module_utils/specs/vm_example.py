# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/vm_example/meta/argument_specs.yml; change that file, not this one.
"""The input of the role vm_example as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "image": {"type": "str", "required": True},
        "images_namespace": {"type": "str", "default": "golden-images"},
        "size": {"type": "str", "required": True},
        "storage_class": {"type": "str"},
        "instance_type": {"type": "str", "default": "general.small"},
        "preference": {"type": "str", "default": "general.linux"},
        "front_image": {"type": "str", "default": "groundup.cloud/probe:1"},
        "replicas": {"type": "int", "default": 2},
        "service": {"type": "str", "default": "NodePort", "choices": ["NodePort", "LoadBalancer"]},
        "timings": {"type": "str", "default": "default", "choices": ["default", "slow"]},
    },
}
# fmt: on
