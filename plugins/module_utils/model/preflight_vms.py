# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-flight rules of virtual machines: what their networks need, and versions with a known fault."""

from __future__ import annotations

import dataclasses
import typing as t

from ..cluster.kubevirt_input import MIGRATE
from ..promises.catalog import way
from ..promises.promise import Promise
from .declared import NETWORK, is_known, keeps
from .enums import ImageProfile, KubeVirtVersion
from .kubevirt import ROOT, eviction, machines_of, shares_blocks
from .preflight import Facts, Found, Rule, Severity

KEY = "network.require"
#: The minor versions of Kubernetes that KubeVirt supports.
KUBEVIRT_KUBERNETES = {KubeVirtVersion.NEWEST: ((1, 34), (1, 36)), KubeVirtVersion.BEFORE: ((1, 33), (1, 36))}


def _vms(facts: Facts) -> t.Iterator[Found]:
    if facts.cloud.virtualization.enabled:
        yield Found(f"{ROOT}.enabled", None, begin="wants virtual machines, and ")
    elif facts.vms:
        yield Found(KEY, None, begin="names virtual machines, and ")


def _migration(facts: Facts) -> t.Iterator[Found]:
    if is_known(facts.cloud) and not keeps(facts.cloud, Promise.CONNECTIONS_KEPT):
        others = way(NETWORK, facts.provider, Promise.CONNECTIONS_KEPT)
        for found in _vms(facts):
            yield dataclasses.replace(found, more=f"; of the other providers, {others}")


def _version(facts: Facts) -> t.Iterator[Found]:
    minor, (first, last) = facts.kubernetes_minor, KUBEVIRT_KUBERNETES[facts.cloud.virtualization.version]
    if facts.vms and facts.cloud.kubernetes and minor and not first <= minor <= last:
        yield Found("kubernetes.version", facts.cloud.kubernetes.version)


def _advisories(facts: Facts) -> t.Iterator[Found]:
    settings = facts.cloud.virtualization
    if not settings.enabled:
        yield from _vms(facts)
    elif settings.version is KubeVirtVersion.BEFORE:
        yield Found(f"{ROOT}.version", None, begin="is 1.8.4, and ")


def _nested(facts: Facts) -> t.Iterator[Found]:
    if not facts.cloud.virtualization.enabled:  # else host_base loads KVM so that it is off
        yield from _vms(facts)


def _no_machine(facts: Facts) -> t.Iterator[Found]:
    if facts.cloud.virtualization.enabled and not machines_of(facts.cloud):
        yield Found(f"{ROOT}.enabled", None, begin="wants virtual machines, and ")


def _emulated(facts: Facts) -> t.Iterator[Found]:
    settings, images = facts.cloud.virtualization, facts.cloud.images
    found = [
        one.name
        for one in machines_of(facts.cloud)
        if one.os in images and images[one.os].profile is ImageProfile.EMULATED
    ]
    if settings.enabled and not settings.emulation and found:
        more = f"; it concerns machines.{found[0]}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")
        yield Found(f"{ROOT}.emulation", None, begin="is not consented to, and ", more=more)


def _alone(facts: Facts) -> t.Iterator[Found]:
    if facts.cloud.virtualization.enabled and len(machines_of(facts.cloud)) == 1:
        yield Found(f"{ROOT}.enabled", None, begin="wants virtual machines, and ")


def _not_shared(facts: Facts) -> t.Iterator[Found]:
    several = len(machines_of(facts.cloud)) > 1
    if facts.cloud.virtualization.enabled and several and not shares_blocks(facts.cloud):
        yield Found(f"{ROOT}.enabled", None, begin="wants virtual machines, and ")


def _bandwidth(facts: Facts) -> t.Iterator[Found]:
    settings, cloud = facts.cloud.virtualization, facts.cloud
    limited = settings.migrations.bandwidth or settings.migrations.network
    if settings.enabled and eviction(cloud) == MIGRATE and not limited:
        yield Found(f"{ROOT}.migrations", None)


RULES: tuple[Rule, ...] = (
    Rule(
        "vm-no-machine",
        Severity.ERROR,
        "`virtualization.enabled`, and no machine has the role `compute`",
        _no_machine,
        "no machine has the role compute, on which alone they run",
        "give some machines that role",
        "docs/virtual_machines.md",
    ),
    Rule(
        "vm-emulated-machines",
        Severity.ERROR,
        "`virtualization.enabled` without `emulation`, and machines whose image has the profile `emulated`",
        _emulated,
        "machines whose image has the profile emulated have no virtualization in hardware",
        "consent to slow virtual machines with virtualization.emulation: true",
        "docs/virtual_machines.md",
    ),
    Rule(
        "vm-one-machine",
        Severity.WARNING,
        "`virtualization.enabled`, and one machine has the role `compute`",
        _alone,
        "one machine runs them all, so they are stopped when it is drained, and lost with it",
        "give a second machine the role compute",
        "KubeVirt's user guide, node maintenance",
    ),
    Rule(
        "vm-disks-shared",
        Severity.WARNING,
        "`virtualization.enabled` on several machines, without a pool of `storage.block`",
        _not_shared,
        "only those whose disks several machines use at once can be migrated; the others are stopped when their "
        "machine is drained",
        "give storage.provider: rook_ceph a pool under storage.block, or bring storage with volumes of the mode "
        "ReadWriteMany",
        "KubeVirt's user guide, live migration",
    ),
    Rule(
        "vm-migration-bandwidth",
        Severity.WARNING,
        "virtual machines that are migrated, without `migrations.bandwidth` and `migrations.network`",
        _bandwidth,
        "let a migration take the whole link, over which storage waits then",
        "give bandwidth, or a network for migrations",
        "KubeVirt 1.9, pkg/virt-config: bandwidthPerMigration is 0",
    ),
    Rule(
        "vm-migration",
        Severity.WARNING,
        "wishes for virtual machines, and a provider that does not promise `connections_kept` with its encapsulation; "
        "an error where that is one of the wishes",
        _migration,
        "with this provider and encapsulation, a virtual machine that migrates loses its address or its connections",
        "reach virtual machines by Services, or choose a network that keeps both",
        "docs/reference/promises.md; kubevirt#7967",
    ),
    Rule(
        "kubevirt-kubernetes",
        Severity.WARNING,
        "virtual machines and a `kubernetes.version` outside 1.34 to 1.36, or 1.33 to 1.36 with KubeVirt 1.8.4",
        _version,
        "is a version that KubeVirt does not support",
        "give one from 1.34 to 1.36",
        "KubeVirt's user guide, release notes; kubevirt#17858",
    ),
    Rule(
        "kubevirt-advisories",
        Severity.WARNING,
        "wishes for virtual machines without `virtualization.enabled`, or its version 1.8.4",
        _advisories,
        "with KubeVirt before 1.9.0, who may edit a namespace can take over a node",
        "install KubeVirt 1.9.0 or newer, without the feature gates that are not needed",
        "CVE-2026-7374, CVE-2026-9804",
    ),
    Rule(
        "kvm-nested",
        Severity.WARNING,
        "wishes for virtual machines without `virtualization.enabled`, which turns it off",
        _nested,
        "on kernels before 6.12.95, a guest can break out of KVM where nested virtualization is on",
        "install the newest kernel, and load kvm_intel and kvm_amd with nested=0",
        "CVE-2026-53359",
    ),
)
