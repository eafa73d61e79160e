# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `logins` of modules that write, or compare, the logins of registries."""

from __future__ import annotations


class ModuleDocFragment:
    """Logins of registries; beside the spec in module_utils/specs/logins.py."""

    DOCUMENTATION = r"""
options:
  logins:
    description:
      - Registries that want a login, the input C(container_runtime_logins) of the role
        P(groundup.cloud.container_runtime#role). The kubelet reads them from C(/var/lib/kubelet/config.json),
        mode 0600, and passes them on to containerd. Their content is in no diff and no result.
    type: list
    elements: dict
    default: []
    suboptions:
      registry:
        description: The registry as images name it, with its port, perhaps with a part of their path.
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
