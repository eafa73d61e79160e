# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pre-flight rules of all subjects, as a check of the model and as the reference page."""

from __future__ import annotations

from . import (
    preflight_attachments,
    preflight_calico,
    preflight_cilium,
    preflight_load_balancer,
    preflight_network,
    preflight_racks,
    preflight_vms,
)
from .checks import Report
from .preflight import Rule, Severity, check

RULES: tuple[Rule, ...] = (
    *preflight_network.RULES,
    *preflight_calico.RULES,
    *preflight_cilium.RULES,
    *preflight_load_balancer.RULES,
    *preflight_attachments.RULES,
    *preflight_racks.RULES,
    *preflight_vms.RULES,
)
HEAD = """\
<!-- Generated from plugins/module_utils/model/preflight_*.py by tools/model_docs.py; changes made here are lost. -->
# Pre-flight

Combinations that are known not to work, or to have a fault. They are found when the model is read, before anything is
touched: an error refuses the model, a warning is shown by every command. The message names the rule.

Other checks of the model find what contradicts itself: subnets of networks, pods and services that overlap, packets
that do not [fit](mtu.md), wishes that the provider does not [fulfil](promises.md). Modes 0 and 3 of bonds are no words
of the model; 5 and 6 (`balance-tlb`, `balance-alb`) are refused below VLANs of pods and virtual machines. Neither is
the mode `ipvs` of kube-proxy a word, in which MetalLB needs its `strictARP`.

| rule | severity | applies to | why | way out | source |
|---|---|---|---|---|---|
"""


def check_preflight(report: Report) -> None:
    """Report what a model is refused for."""
    check(report, RULES, Severity.ERROR)


def page() -> str:
    """The reference page in Markdown."""
    return HEAD + "".join(
        f"| {rule.name} | {rule.severity} | {rule.case} | {rule.why} | {rule.way_out} | {rule.source} |\n"
        for rule in RULES
    )
