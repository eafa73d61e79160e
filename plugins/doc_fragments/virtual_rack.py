# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `rack` of the modules for virtual racks."""

from __future__ import annotations


class ModuleDocFragment:
    """Which lab, and of what it is the twin."""

    DOCUMENTATION = r"""
options:
  rack:
    description: The lab.
    type: dict
    required: true
    suboptions:
      model:
        description: Model of the cloud, a file or a directory.
        type: path
      name:
        description: Name of the lab. By default that of the cloud.
        type: str
      directory:
        description: Where the twin's model is written, into a directory named as the lab.
        type: path
        default: build/lab
      accelerator:
        description:
          - V(auto) takes KVM if a machine was seen to boot with it. By default C(lab.accelerator) of the model.
        type: str
        choices: [auto, kvm, tcg]
      venv:
        description: Python environment of the BMC emulators. By default one in the cache directory.
        type: path
"""
