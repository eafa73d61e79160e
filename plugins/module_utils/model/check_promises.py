# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that the chosen provider of the network promises what the model requires."""

from __future__ import annotations

from ..promises.catalog import PROVIDERS, promised, way
from ..promises.promise import Promise
from . import load_balancer, multus, network_policies
from .checks import Report
from .declared import NETWORK, is_known, keeps
from .tunnels import encapsulation

DECLARE = "list it in network.custom.promises if your network keeps it, remove it"


def check_promises(report: Report) -> None:
    """Report each wish that the provider does not fulfil with the chosen encapsulation, and who does."""
    settings, provider = report.cloud.network, str(report.cloud.network.provider)
    check_versions(report)
    if report.is_unreadable("network."):
        return
    for index, wish in enumerate(settings.require):
        path = f"network.require[{index}]"
        if wish in settings.require[:index]:
            report.add(path, str(wish), "is listed twice", "list each promise once")
        elif wish is Promise.ATTACHMENTS and not keeps(report.cloud, wish) and not multus.wanted(settings):
            report.add(path, str(wish), f"needs {multus.ROOT} ({wish.text})", f"give {multus.ROOT}, or remove it")
        elif wish is Promise.IPV6 and report.cloud.kubernetes and not report.cloud.kubernetes.dual:
            message = f"needs a range of IPv6 for pods ({wish.text})"
            report.add(path, str(wish), message, "give kubernetes.pods and services two ranges, or remove it")
        elif not is_known(report.cloud) and not _added(report, wish):
            report.add(
                path,
                str(wish),
                f"can't be required of the provider {provider}, of which nothing is known",
                f"{DECLARE}, or choose another provider: {way(NETWORK, provider, wish)}",
            )
        elif not keeps(report.cloud, wish) and not _added(report, wish):
            message, remedy = _unfulfilled(report, provider, wish)
            report.add(path, str(wish), message, remedy)


def check_versions(report: Report) -> None:
    """Report pods of two IP versions where the provider does not promise IPv6."""
    kubernetes, provider = report.cloud.kubernetes, str(report.cloud.network.provider)
    if kubernetes is None or not kubernetes.dual or report.is_unreadable("network."):
        return
    path, value = "kubernetes.pods", kubernetes.text_of("pods")
    if not keeps(report.cloud, Promise.IPV6):
        message = f"has a range of IPv6, which is not promised by the provider {provider}"
        remedy = f"{DECLARE}, or choose another provider: {way(NETWORK, provider, Promise.IPV6)}"
        report.add(path, value, message, remedy.replace("remove it", "give one range"))
    elif report.cloud.network.bgp and report.cloud.network.bgp.peers:
        message = "has a range of IPv6, whose routes are not announced to network.bgp.peers: sessions are of IPv4 only"
        report.add(path, value, message, "remove the peers, or give one range")


def _added(report: Report, wish: Promise) -> bool:
    """Whether a layer that is added to the network keeps the promise."""
    network, added = report.cloud.network, {"load_balancer": load_balancer.provider(report.cloud.network)}
    if network_policies.wanted(network):
        added["policies"] = network_policies.PROVIDER
    if multus.wanted(network):
        added[multus.LAYER] = multus.PROVIDER
    return promised(added, wish)


def _unfulfilled(report: Report, provider: str, wish: Promise) -> tuple[str, str]:
    """What is wrong, and the way out: another encapsulation of the same provider, or another provider."""
    kept = PROVIDERS[NETWORK].get(provider, {}).get(wish)
    who = way(NETWORK, provider, wish) + (", and network.load_balancer" if wish is Promise.LOAD_BALANCER else "")
    if kept is None and provider not in PROVIDERS[NETWORK]:
        return f"is not among network.custom.promises ({wish.text})", f"{DECLARE}, or choose another provider: {who}"
    if kept is None:
        return f"is not promised by {provider} ({wish.text})", f"remove it, or choose another provider: {who}"
    return (
        f"is not promised by {provider} with the encapsulation {encapsulation(report.cloud)} ({wish.text})",
        f"write network.encapsulation: {' or '.join(kept.only)}, remove it, or choose another provider: {who}",
    )
