# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy of the API server that refuses virtual machines which would not start again after the loss of their host.

It judges what is written in the object: how it is started again, whether it may run on one host alone, and whether a
disk of it is a file of its host. KubeVirt starts one again with the run strategies Always and RerunOnFailure (user
guide, run_strategies), and no instance that has no VirtualMachine above it. Whether the other hosts have room is not
judged, nor where the volumes of its claims are.
"""

from __future__ import annotations

from typing import Any

from .kubevirt_input import NAMESPACE

Json = dict[str, Any]
NAME = "groundup-restartable"
#: Of these, the run strategies that let a lost virtual machine lie. One that is Halted is off.
_LEFT = "['Manual', 'Once']"
#: Labels and fields of nodes that one node alone has.
_HOST = "['kubernetes.io/hostname', 'metadata.name']"
#: KubeVirt's controllers make instances, clones, restored machines and those of pools, whose template is judged itself.
_OURS = f"request.userInfo.username.startsWith('system:serviceaccount:{NAMESPACE}:')"
#: What already was as it is can still be labelled and deleted.
_UNCHANGED = "request.operation == 'UPDATE' && has(oldObject.spec) && oldObject.spec == object.spec"
_LEAVING = "has(object.metadata.deletionTimestamp)"
_AFFINITY = "variables.pod.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"

_VARIABLES = {
    "machine": "object.kind == 'VirtualMachinePool' ? object.spec.virtualMachineTemplate.spec : object.spec",
    "pod": "object.kind == 'VirtualMachineInstance' ? object.spec : variables.machine.template.spec",
    "selector": "has(variables.pod.nodeSelector) ? variables.pod.nodeSelector : {}",
    "terms": (
        f"has(variables.pod.affinity) && has(variables.pod.affinity.nodeAffinity) && has({_AFFINITY}) "
        f"? {_AFFINITY}.nodeSelectorTerms : []"
    ),
    # Of each term, the lists of hosts to which it is bound; a term is met where all of its lists are.
    "hosts": (
        "variables.terms.map(t, ((has(t.matchExpressions) ? t.matchExpressions : []) + "
        f"(has(t.matchFields) ? t.matchFields : [])).filter(e, e.key in {_HOST} && e.operator == 'In')"
        ".map(e, e.values))"
    ),
    "volumes": "has(variables.pod.volumes) ? variables.pod.volumes : []",
}
#: Expression that holds -> what is wrong where it does not, and the remedy.
_RULES = {
    "object.kind != 'VirtualMachineInstance'": (
        "a VirtualMachineInstance without a VirtualMachine is not started again when its host is lost; make a "
        "VirtualMachine"
    ),
    f"!has(variables.machine.runStrategy) || !(variables.machine.runStrategy in {_LEFT})": (
        "spec.runStrategy: with Manual or Once, KubeVirt does not start it again when its host is lost; write "
        "Always or RerunOnFailure"
    ),
    "!('kubernetes.io/hostname' in variables.selector)": (
        "nodeSelector: it may run on one host alone, by kubernetes.io/hostname; select by a label that several "
        "hosts have"
    ),
    # All terms name hosts, and always the same one.
    "!(size(variables.hosts) > 0 && variables.hosts.all(t, t.exists(values, size(values) == 1 && "
    "size(variables.hosts[0]) > 0 && values == variables.hosts[0][0])))": (
        "affinity.nodeAffinity: it may run on one host alone; name several hosts, or a label that several have"
    ),
    "!variables.volumes.exists(v, has(v.hostDisk))": (
        "volumes: a hostDisk is a file of one host; use a volume of the cluster's storage"
    ),
}


def objects() -> list[Json]:
    """The policy, and its binding to all namespaces."""
    version = "admissionregistration.k8s.io/v1"
    resources = [
        ("kubevirt.io", ["CREATE", "UPDATE"], ["virtualmachines"]),
        ("kubevirt.io", ["CREATE"], ["virtualmachineinstances"]),
        ("pool.kubevirt.io", ["CREATE", "UPDATE"], ["virtualmachinepools"]),
    ]
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": [group], "apiVersions": ["*"], "operations": operations, "resources": names}
                for group, operations, names in resources
            ]
        },
        "matchConditions": [
            {"name": "of-users", "expression": f"!{_OURS}"},
            {"name": "changed", "expression": f"!({_UNCHANGED})"},
            {"name": "stays", "expression": f"!{_LEAVING}"},
        ],
        "variables": [{"name": name, "expression": text} for name, text in _VARIABLES.items()],
        "validations": [{"expression": text, "message": message} for text, message in _RULES.items()],
    }
    binding = {"policyName": NAME, "validationActions": ["Deny"]}
    return [
        {"apiVersion": version, "kind": f"ValidatingAdmissionPolicy{kind}", "metadata": {"name": NAME}, "spec": found}
        for kind, found in (("", spec), ("Binding", binding))
    ]
