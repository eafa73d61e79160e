# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/snapshot_controller/meta/argument_specs.yml; change that file, not this one.
"""The option `config` of modules that take the input of the role snapshot_controller."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
options:
  config:
    description: What is applied.
    type: dict
    required: true
    suboptions:
      manifests:
        description:
        - The definitions of the three kinds of C(snapshot.storage.k8s.io), and C(rbac-snapshot-controller.yaml)
          and C(setup-snapshot-controller.yaml), as external-snapshotter 8.6.0 has them.
        type: list
        elements: dict
        required: true
        suboptions:
          path:
            description: Its file on the host where the role runs. One of C(path) and C(url) is
              required.
            type: path
          url:
            description: Where it is downloaded from.
            type: str
          sha256:
            description: Its digest; another file is refused.
            type: str
            required: true
      timings:
        description: C(slow) for machines whose CPU is emulated or overloaded. Containers have
          fifteen minutes to start, and probes wait longer for an answer.
        type: str
        choices: [default, slow]
        default: default
      replicas:
        description: How many controllers run, of which one works at a time.
        type: int
        default: 2
"""
