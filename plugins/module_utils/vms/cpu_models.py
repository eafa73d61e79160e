# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of CPUs that QEMU and libvirt have names for, with their features, and how Linux shows these.

A model has what one of two sources says: libvirt 11.3.0 (src/cpu_map, x86_*.xml) and QEMU 10.0.2 (the answers of
query-cpu-model-expansion for the version behind the name). Features are called as libvirt calls them. Models of one
maker are in the order of their generations; one with more than another comes after it. Left out are models whose own
features Linux shows nowhere (GraniteRapids, SierraForest), those of desktops and small machines, versioned names
(-v2), and those that KubeVirt calls obsolete (v1.9.0, pkg/virt-handler/node-labeller/util).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A model.

    :ivar vendor: its maker, as CPUs call it.
    :ivar features: what a guest with it has.
    """

    name: str
    vendor: str
    features: frozenset[str]


VENDORS: Mapping[str, str] = {"Intel": "GenuineIntel", "AMD": "AuthenticAMD", "Hygon": "HygonGenuine"}
#: Maker and name: a model before it whose features it has, then what it has more (+) and what it has not (-).
_TABLE = """
    Intel Penryn: +apic +clflush +cmov +cx16 +cx8 +de +fpu +fxsr +lahf_lm +lm +mca +mce +mmx +msr +mtrr +nx +pae
        +pat +pge +pni +pse +pse36 +sep +sse +sse2 +sse4.1 +ssse3 +syscall +tsc
    Intel Nehalem: Penryn +popcnt +sse4.2
    Intel Nehalem-IBRS: Nehalem +spec-ctrl
    Intel Westmere: Nehalem +aes +arat +pclmuldq
    Intel Westmere-IBRS: Westmere +spec-ctrl
    Intel SandyBridge: Westmere +avx +rdtscp +tsc-deadline +x2apic +xsave +xsaveopt
    Intel SandyBridge-IBRS: SandyBridge +spec-ctrl
    Intel IvyBridge: SandyBridge +erms +f16c +fsgsbase +rdrand +smep +vme
    Intel IvyBridge-IBRS: IvyBridge +spec-ctrl
    Intel Haswell-noTSX: IvyBridge +abm +avx2 +bmi1 +bmi2 +fma +invpcid +movbe +pcid -vme
    Intel Haswell-noTSX-IBRS: Haswell-noTSX +spec-ctrl
    Intel Haswell: Haswell-noTSX +hle +rtm
    Intel Haswell-IBRS: Haswell +spec-ctrl
    Intel Broadwell-noTSX: Haswell-noTSX +3dnowprefetch +adx +rdseed +smap
    Intel Broadwell-noTSX-IBRS: Broadwell-noTSX +spec-ctrl
    Intel Broadwell: Broadwell-noTSX +hle +rtm
    Intel Broadwell-IBRS: Broadwell +spec-ctrl
    Intel Skylake-Client: Broadwell +vme +xgetbv1 +xsavec
    Intel Skylake-Client-noTSX-IBRS: Skylake-Client +spec-ctrl -hle -rtm
    Intel Skylake-Client-IBRS: Skylake-Client +spec-ctrl
    Intel Skylake-Server: Skylake-Client +avx512bw +avx512cd +avx512dq +avx512f +avx512vl +clflushopt +clwb +pdpe1gb
        +pku
    Intel Skylake-Server-noTSX-IBRS: Skylake-Server +spec-ctrl -clflushopt -hle -rtm
    Intel Skylake-Server-IBRS: Skylake-Server-noTSX-IBRS +hle +rtm
    Intel Cascadelake-Server-noTSX: Skylake-Server-noTSX-IBRS +arch-capabilities +avx512vnni +clflushopt +ibrs-all
        +mds-no +rdctl-no +skip-l1dfl-vmentry +ssbd
    Intel Cascadelake-Server: Skylake-Server-IBRS +avx512vnni +clflushopt +ssbd
    Intel Cooperlake: Cascadelake-Server-noTSX +avx512-bf16 +hle +pschange-mc-no +rtm +stibp +taa-no
    Intel Icelake-Server-noTSX: Cascadelake-Server +avx512-vpopcntdq +avx512bitalg +avx512vbmi +avx512vbmi2 +gfni
        +la57 +umip +vaes +vpclmulqdq +wbnoinvd -hle -rtm
    Intel Icelake-Server: Icelake-Server-noTSX +hle +rtm
    Intel SapphireRapids: Icelake-Server +amx-bf16 +amx-int8 +amx-tile +arch-capabilities +avx-vnni +avx512-bf16
        +avx512-fp16 +avx512ifma +bus-lock-detect +fsrc +fsrm +fsrs +fzrm +ibrs-all +mds-no +pschange-mc-no
        +rdctl-no +rdpid +serialize +sha-ni +skip-l1dfl-vmentry +taa-no +tsx-ldtrk +xfd +xsaves
    AMD Opteron_G1: +apic +clflush +cmov +cx8 +de +fpu +fxsr +lm +mca +mce +mmx +msr +mtrr +nx +pae +pat +pge +pni
        +pse +pse36 +sep +sse +sse2 +syscall +tsc
    AMD Opteron_G2: Opteron_G1 +cx16 +lahf_lm +rdtscp +svm
    AMD Opteron_G3: Opteron_G2 +abm +misalignsse +monitor +popcnt +sse4a
    AMD Opteron_G4: Opteron_G3 +3dnowprefetch +aes +avx +fma4 +npt +nrip-save +pclmuldq +pdpe1gb +sse4.1 +sse4.2
        +ssse3 +xop +xsave -monitor
    AMD Opteron_G5: Opteron_G4 +f16c +fma +tbm
    AMD EPYC: Opteron_G5 +adx +arat +avx2 +bmi1 +bmi2 +clflushopt +cr8legacy +fsgsbase +fxsr_opt +mmxext +monitor
        +movbe +osvw +rdrand +rdseed +sha-ni +smap +smep +topoext +vme +xgetbv1 +xsavec +xsaveopt -fma4 -tbm -xop
    AMD EPYC-IBPB: EPYC +ibpb
    AMD EPYC-Rome: EPYC-IBPB +amd-stibp +clwb +clzero +perfctr_core +rdpid +umip +wbnoinvd +xsaveerptr +xsaves
    AMD EPYC-Milan: EPYC-Rome +amd-ssbd +erms +fsrm +ibrs +invpcid +pcid +pku +svme-addr-chk
    AMD EPYC-Genoa: EPYC-Milan +amd-psfd +auto-ibrs +avx512-bf16 +avx512-vpopcntdq +avx512bitalg +avx512bw +avx512cd
        +avx512dq +avx512f +avx512ifma +avx512vbmi +avx512vbmi2 +avx512vl +avx512vnni +gfni +la57
        +lfence-always-serializing +no-nested-data-bp +null-sel-clr-base +stibp-always-on +vaes +vnmi +vpclmulqdq
    Hygon Dhyana: +3dnowprefetch +abm +adx +apic +arat +avx +avx2 +bmi1 +bmi2 +clflush +clflushopt +cmov +cr8legacy
        +cx16 +cx8 +de +f16c +fma +fpu +fsgsbase +fxsr +fxsr_opt +ibpb +lahf_lm +lm +mca +mce +misalignsse +mmx
        +mmxext +monitor +movbe +msr +mtrr +npt +nrip-save +nx +osvw +pae +pat +pdpe1gb +pge +pni +popcnt +pse
        +pse36 +rdrand +rdseed +rdtscp +sep +smap +smep +sse +sse2 +sse4.1 +sse4.2 +sse4a +ssse3 +svm +syscall
        +topoext +tsc +vme +xgetbv1 +xsave +xsavec +xsaveopt
"""
#: What a guest gets from KVM and QEMU whatever the CPU has (QEMU 10.0, target/i386/kvm/kvm.c,
#: kvm_arch_get_supported_cpuid), and what QEMU takes from a named model under KVM (kvm-cpu.c, kvm_default_props).
FROM_KVM = frozenset({"arat", "monitor", "tsc-deadline", "x2apic"})
#: Those of a guest that has guests itself, which nested=0 takes from all.
NESTED = frozenset({"npt", "nrip-save", "svm", "svme-addr-chk", "vnmi"})
#: Features that Linux 6.12 does not show (arch/x86/include/asm/cpufeatures.h). Each comes with a generation of CPUs
#: whose other features it shows, or is one that KVM itself reports (arch/x86/kvm/x86.c, kvm_get_arch_capabilities).
NOT_SHOWN = frozenset({
    "amd-psfd", "fsrc", "fsrs", "fzrm", "lfence-always-serializing", "no-nested-data-bp", "null-sel-clr-base",
    "pschange-mc-no", "skip-l1dfl-vmentry", "stibp-always-on", "xfd",
})  # fmt: skip
#: The others whose flag is not the feature's name with underscores.
FLAGS: Mapping[str, str] = {
    "amd-ssbd": "ssbd",
    "amd-stibp": "stibp",
    "auto-ibrs": "ibrs_enhanced",
    "avx512bitalg": "avx512_bitalg",
    "avx512vbmi2": "avx512_vbmi2",
    "avx512vnni": "avx512_vnni",
    "cr8legacy": "cr8_legacy",
    "ibrs-all": "ibrs_enhanced",
    "pclmuldq": "pclmulqdq",
    "spec-ctrl": "ibrs",
    "tsx-ldtrk": "tsxldtrk",
}
#: Features that say that a CPU has not a fault, which Linux lists among its bugs.
BUGS: Mapping[str, str] = {"mds-no": "mds", "rdctl-no": "cpu_meltdown", "taa-no": "taa"}


def flag(feature: str) -> str:
    """How /proc/cpuinfo shows a feature."""
    return FLAGS.get(feature, feature.replace("-", "_").replace(".", "_"))


def _models(table: str) -> Iterator[Model]:
    known: dict[str, frozenset[str]] = {}
    for line in table.strip().replace("\n        ", " ").splitlines():
        head, __, words = line.strip().partition(": ")
        maker, name = head.split()
        changes = words.split()
        before = known[changes.pop(0)] if changes[0][0] not in "+-" else frozenset()
        more, less = ({one[1:] for one in changes if one[0] == sign} for sign in "+-")
        known[name] = (before | more) - less
        yield Model(name, VENDORS[maker], known[name])


#: Name -> model, the lowest of each maker first.
MODELS: Mapping[str, Model] = {one.name: one for one in _models(_TABLE)}
