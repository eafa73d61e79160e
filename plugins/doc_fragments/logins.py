# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/container_runtime/meta/argument_specs.yml; change that file, not this one.
"""The option `logins` of modules that take the input of the role container_runtime."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  logins:
    description:
    - Registries that want a login, best from a vault. The kubelet reads them from C(/var/lib/kubelet/config.json),
      mode 0600, and passes them on to containerd with each pull. Their content is in no diff
      and no result.
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description: The registry as images name it, with its port, perhaps with a part of their
          path.
        type: str
        required: true
      username:
        description: Its user.
        type: str
        required: true
      password:
        description: The password or token.
        type: str
        required: true
"""
