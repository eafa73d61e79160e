#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: vm_image
short_description: Import or upload a disk image into a volume
version_added: 0.2.0
description:
  - Makes a DataVolume of CDI with the image at a URL, in a registry or in a file, and waits until it is written. A
    second run changes nothing; a DataVolume of this name with another image is refused.
  - An import that can't succeed, as with another digest or an image larger than the volume, ends the wait at once, with
    what the pod that writes it printed.
  - Images that are in the cluster for all users are kept by M(groundup.cloud.vm_images).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
  - groundup.cloud.virtual_machine
options:
  name:
    description: Name of the DataVolume and of its claim.
    type: str
    required: true
  state:
    description: Whether it exists. V(absent) removes the volume with what is on it.
    type: str
    choices: [present, absent]
    default: present
  url:
    description: URL of a file in the format qcow2 or raw, which CDI fetches. It needs O(sha256).
    type: str
  registry:
    description:
      - An image of a registry with a disk in its directory C(/disk), as containerDisks of KubeVirt are, instead of
        O(url). Its digest is a part of it, as in C(docker://HOST/NAME@sha256:DIGEST), so that a later run means the
        same image.
    type: str
  pull_method:
    description:
      - Who pulls the image of O(registry). With V(pod), the default, a pod of CDI does, which uses neither mirrors nor
        logins of the nodes.
      - With V(node), the container runtime of a node does, with the mirrors, logins and authorities that it has for
        images of pods. The image has to be a container image with a disk, which the node keeps.
    type: str
    choices: [pod, node]
  path:
    description: Such a file on the host where the module runs, which is uploaded, instead of O(url).
    type: path
  sha256:
    description: Digest of the file at O(url) or O(path); another file is refused.
    type: str
  size:
    description: Size of the volume, at least that of the image when it is unpacked. Required with O(state=present).
    type: str
  storage_class:
    description: Storage class of the volume. That for virtual machines by default, or the default class of the cluster.
    type: str
  upload_url:
    description:
      - Where CDI's upload proxy is reached, as C(https://HOST:PORT). By default as the object CDIConfig names it. TLS
        has to be passed through to it.
    type: str
  upload_ca_cert:
    description:
      - File with the CA of the upload proxy. By default the one that the object CDIConfig names, else those of the
        system. The certificate is verified in any case.
    type: path
  wait:
    description: Whether to wait until the image is written. An upload is sent in any case.
    type: bool
    default: true
seealso:
  - module: groundup.cloud.vm_images
"""

EXAMPLES = r"""
- name: Import an image from a web server
  groundup.cloud.vm_image:
    namespace: shop
    name: debian-13
    url: https://images.example.net/debian-13.qcow2
    sha256: "{{ debian_sha256 }}"
    size: 10Gi
    timeout: 1800

- name: Import an image of a registry as a node pulls it
  groundup.cloud.vm_image:
    namespace: shop
    name: fedora-44
    registry: docker://registry.example.net/containerdisks/fedora@sha256:{{ fedora_digest }}
    pull_method: node
    size: 10Gi
    timeout: 1800

- name: Upload an image from this host
  groundup.cloud.vm_image:
    namespace: shop
    name: appliance
    path: ~/appliance.qcow2
    size: 40Gi
    upload_url: https://images.rack1.example.net
    upload_ca_cert: ~/rack1-uploadproxy.pem
    timeout: 3600
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ["create DataVolume shop/debian-13"]
phase:
  description: Phase of the DataVolume.
  returned: outside of check mode
  type: str
  sample: Succeeded
progress:
  description: How much of the image is written, as CDI reports it.
  returned: outside of check mode
  type: str
  sample: 100.0%
claim:
  description: The claim with the image.
  returned: outside of check mode
  type: str
  sample: debian-13
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.shell import begin, run
from ansible_collections.groundup.cloud.plugins.module_utils.vms.image import PULL_METHODS, SOURCES, perform
from ansible_collections.groundup.cloud.plugins.module_utils.vms.options import OPTIONS

SPEC = {
    **OPTIONS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "url": {"type": "str"},
    "registry": {"type": "str"},
    "pull_method": {"type": "str", "choices": list(PULL_METHODS)},
    "path": {"type": "path"},
    "sha256": {"type": "str"},
    "size": {"type": "str"},
    "storage_class": {"type": "str"},
    "upload_url": {"type": "str"},
    "upload_ca_cert": {"type": "path"},
    "wait": {"type": "bool", "default": True},
}


def main() -> None:
    module = begin(
        AnsibleModule,
        SPEC,
        supports_check_mode=True,
        mutually_exclusive=[list(SOURCES)],
    )
    run(module, lambda: perform(module.params, module.check_mode))


if __name__ == "__main__":
    main()
