#!/usr/bin/python
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_objects
short_description: Apply a set of Kubernetes objects, and remove what is no longer in it
version_added: 0.1.0
description:
  - Applies objects server-side under the field manager C(groundup.cloud), many at a time over a few connections. Live
    objects are applied as a dry run first, so conflicts and refused fields of all of them are known before the first is
    changed, and nothing is written where nothing differs.
  - Objects are applied in stages, whatever their order in the definitions - namespaces; CRDs, until they are served;
    configuration and rights; workloads; webhooks and API services, until their services have endpoints; custom
    resources. The annotation C(groundup.cloud/stage) puts an object into another one of C(namespaces),
    C(definitions), C(configuration), C(workloads), C(admission) and C(custom).
  - Until O(timeout), calls are repeated that the API server can't serve yet, as while a webhook has no endpoint.
  - A field that another manager owns is an error that names the object, the field and the owner, unless O(take_over)
    names it. What was changed by C(kubectl edit), C(patch), C(scale) and other commands for single objects is put
    right.
  - Values of Secrets are in no output. Equal values have equal markers in a diff.
  - In definitions, keys without a value are dropped, as C(kubectl create) does, and C(stringData) becomes C(data).
author: groundup.cloud founders (@groundup-cloud)
attributes:
  check_mode:
    description: The same calls as dry runs. A step says where the API server can't judge yet, and why.
    support: full
  diff_mode:
    support: full
extends_documentation_fragment:
  - groundup.cloud.attributes
  - groundup.cloud.kubernetes_access
options:
  state:
    description: Whether the objects exist. With V(absent), the members of O(apply_set) are removed as well.
    type: str
    choices: [present, absent]
    default: present
  definition:
    description: An object, a list of objects, or YAML or JSON text of one or several documents.
    type: raw
    aliases: [resource_definition, inline]
  src:
    description: Files with YAML or JSON documents, or directories of such files.
    type: list
    elements: path
    default: []
  namespace:
    description: Namespace of namespaced objects that name none.
    type: str
    default: default
  apply_set:
    description:
      - The set of objects to which all of these belong, kept with the labels of C(kubectl apply --prune --applyset).
        Objects that were applied with the same set before and are not among the definitions any more are removed.
      - What would lose data with it is left and a warning names it, unless O(remove_data) does - namespaces, CRDs,
        volumes, claims, and custom resources whose kind is not known to be mere configuration. The annotation
        C(groundup.cloud/holds-data) with V(true) or V(false) decides for one object.
    type: dict
    suboptions:
      name:
        description: Name of the object that stands for the set.
        type: str
        required: true
      namespace:
        description: Its namespace.
        type: str
        required: true
      kind:
        description: Its kind.
        type: str
        choices: [ConfigMap, Secret]
        default: ConfigMap
  take_over:
    description: Fields that are taken over from another field manager.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Namespace of the object.
        type: str
      manager:
        description: The field manager that owns them now.
        type: str
        required: true
      fields:
        description: The fields as the error names them, or fields that contain them.
        type: list
        elements: str
        required: true
  remove_data:
    description: Objects that may be removed with the data that they hold.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
      namespace:
        description: Namespace of the object.
        type: str
  hide:
    description: Further fields whose values are not shown, besides those of Secrets.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the objects.
        type: str
        required: true
      path:
        description: Keys with dots between them, as in C(spec.password).
        type: str
        required: true
  wait:
    description:
      - Whether to wait until webhooks and API services have endpoints and removed objects are gone. CRDs are waited
        for in any case, since nothing else could be applied.
    type: bool
    default: true
  timeout:
    description: Seconds for everything.
    type: int
    default: 300
    aliases: [wait_timeout]
"""

EXAMPLES = r"""
- name: Apply a Deployment
  groundup.cloud.kubernetes_objects:
    definition:
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web, namespace: shop}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec: {containers: [{name: web, image: "registry.example.net/web:1.4"}]}

- name: Apply a release's manifests, and remove what the release before had in addition
  groundup.cloud.kubernetes_objects:
    kubeconfig: ~/.kube/rack1
    src: [manifests/crds.yaml, manifests/operator.yaml]
    apply_set: {name: operator, namespace: kube-system}

- name: Take the number of replicas over from the autoscaler
  groundup.cloud.kubernetes_objects:
    src: [manifests/web.yaml]
    take_over:
      - {kind: Deployment, name: web, namespace: shop, manager: kube-controller-manager, fields: [.spec.replicas]}

- name: Remove everything of the set, its namespace with all that is in it as well
  groundup.cloud.kubernetes_objects:
    state: absent
    apply_set: {name: operator, namespace: kube-system}
    remove_data:
      - {kind: Namespace, name: operator}
"""

RETURN = r"""
steps:
  description: What was changed, or in check mode would be, one line for each object.
  returned: success
  type: list
  elements: str
  sample: ["create Namespace shop", "change Deployment shop/web"]
objects:
  description: All objects of the definitions and of the set.
  returned: success, and the ones that were done at a failure of an object
  type: list
  elements: dict
  contains:
    kind:
      description: Kind of the object.
      type: str
    group:
      description: API group of the object, empty for the core group.
      type: str
    namespace:
      description: Namespace of the object, empty for objects of the cluster.
      type: str
    name:
      description: Name of the object.
      type: str
    result:
      description: One of C(created), C(changed), C(unchanged), C(removed), C(left), and in check mode C(unknown).
      type: str
    why:
      description: Why, where it is not plain.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.groundup.cloud.plugins.module_utils.objects.access import OPTIONS
from ansible_collections.groundup.cloud.plugins.module_utils.objects.perform import DEFINITION, perform
from ansible_collections.groundup.cloud.plugins.module_utils.shell import Result, begin, run

NAMED = {
    "kind": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str"},
}
TAKEN = {
    **NAMED,
    "manager": {"type": "str", "required": True},
    "fields": {"type": "list", "elements": "str", "required": True},
}
SET = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "kind": {"type": "str", "choices": ["ConfigMap", "Secret"], "default": "ConfigMap"},
}
HIDDEN = {"kind": {"type": "str", "required": True}, "path": {"type": "str", "required": True}}
SPEC = {
    **OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "definition": {"type": "raw", "aliases": ["resource_definition", "inline"]},
    "src": {"type": "list", "elements": "path", "default": []},
    "namespace": {"type": "str", "default": "default"},
    "apply_set": {"type": "dict", "options": SET},
    "take_over": {"type": "list", "elements": "dict", "options": TAKEN, "default": []},
    "remove_data": {"type": "list", "elements": "dict", "options": NAMED, "default": []},
    "hide": {"type": "list", "elements": "dict", "options": HIDDEN, "default": []},
    "wait": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 300, "aliases": ["wait_timeout"]},
}


def main() -> None:
    module = begin(AnsibleModule, SPEC, hidden=DEFINITION, supports_check_mode=True, no_log=True)

    def action() -> Result:
        result = perform(module.params, module.check_mode, diff=module._diff)
        for text in result.pop("warnings"):
            module.warn(text)
        return result

    run(module, action)


if __name__ == "__main__":
    main()
