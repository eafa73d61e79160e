# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/prove/meta/argument_specs.yml; change that file, not this one.
"""Options of modules that take the input of the role prove."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  cloud:
    description: Name of the cloud, a part of the name of the unit.
    type: str
    required: true
  state_dir:
    description: Directory of the cloud on this host. The service has its files in C(vm_ha) below
      it.
    type: path
    required: true
  service_manager:
    description: What keeps it running.
    type: str
    choices: [systemd, processes]
    default: systemd
  machines:
    description: Machines that it can switch off.
    type: list
    elements: str
    required: true
  nodes:
    description: Machines of which each of its looks decides.
    type: list
    elements: str
    required: true
"""
