# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/virtual_rack/meta/argument_specs.yml; change that file, not this one.
"""The option `rack` of modules that take the input of the role virtual_rack."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  rack:
    description: The lab.
    type: dict
    required: true
    suboptions:
      model:
        description: Model of the cloud, a file or a directory; an absolute path.
        type: path
      name:
        description: Name of the lab. By default that of the cloud.
        type: str
      directory:
        description: Where the twin's model is written, into a directory named as the lab; an
          absolute path.
        type: path
        default: build/lab
      accelerator:
        description: C(auto) takes KVM if a machine was seen to boot with it. By default what
          the model's C(lab) says.
        type: str
        choices: [auto, kvm, tcg]
      venv:
        description: Python environment of the BMC emulators. By default one in the cache directory.
        type: path
"""
