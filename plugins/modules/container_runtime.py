#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: container_runtime
short_description: Install and configure containerd 2 from the bundle
version_added: 0.1.0
description:
  - Installs containerd, its shim and CNI plugins by sha256, the OCI runtime from Debian, and makes the bundle's
    registry the mirror of every registry that is named.
  - Reads the real state first and changes only what differs; a run that was interrupted is finished by the next one.
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: Says what would be changed and changes nothing.
    support: full
  diff_mode:
    description: Shows every file and setting that differs.
    support: full
extends_documentation_fragment:
  - groundup.cloud.container_runtime_config
  - groundup.cloud.logins
"""

EXAMPLES = r"""
- name: Install the container runtime
  groundup.cloud.container_runtime:
    config:
      files:
        containerd: {url: "http://10.10.0.1:8080/bundle/files/sha256/3f…", sha256: 3f…}
        containerd-shim-runc-v2: {url: "http://10.10.0.1:8080/bundle/files/sha256/9a…", sha256: 9a…}
        ctr: {url: "http://10.10.0.1:8080/bundle/files/sha256/07…", sha256: 07…}
        cni-plugins: {url: "http://10.10.0.1:8080/bundle/files/sha256/c4…", sha256: c4…}
      registry:
        address: 10.10.0.1:5000
        ca: "{{ lookup('ansible.builtin.file', 'ca.crt') }}"
"""

RETURN = r"""
steps:
  description: What was done, or would be done, in order.
  returned: success
  type: list
  elements: str
  sample: ["file /etc/containerd/config.toml", "systemctl restart containerd.service"]
seconds:
  description: How long reading, planning and applying took on the host.
  returned: success
  type: float
  sample: 0.42
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.host.layer import run_layer
from ansible_collections.groundup.cloud.plugins.module_utils.layers.container_runtime import render
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, given, run
from ansible_collections.groundup.cloud.plugins.module_utils.specs.check import checked
from ansible_collections.groundup.cloud.plugins.module_utils.specs.container_runtime import CONFIG
from ansible_collections.groundup.cloud.plugins.module_utils.specs.logins import LOGINS


def main() -> None:
    module = begin(AnsibleModule, {"config": CONFIG, "logins": LOGINS}, supports_check_mode=True)

    def act() -> Result:
        wanted = checked("container_runtime", CONFIG, given(module.params["config"]))
        wanted |= {"logins": module.params["logins"]}
        return run_layer(render, wanted, check=module.check_mode, warn=module.warn)

    run(module, act)


if __name__ == "__main__":
    main()
