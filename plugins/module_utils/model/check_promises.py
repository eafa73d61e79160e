# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that the chosen provider of the network promises what the model requires."""

from __future__ import annotations

from ..promises.catalog import PROVIDERS, keeps, way
from ..promises.promise import Promise
from . import network_policies
from .checks import Report
from .tunnels import encapsulation

NETWORK = "network"


def check_promises(report: Report) -> None:
    """Report each wish that the provider does not fulfil with the chosen encapsulation, and who does."""
    settings, provider = report.cloud.network, str(report.cloud.network.provider)
    if report.is_unreadable("network."):
        return
    for index, wish in enumerate(settings.require):
        path = f"network.require[{index}]"
        if wish in settings.require[:index]:
            report.add(path, str(wish), "is listed twice", "list each promise once")
        elif provider not in PROVIDERS[NETWORK] and not _added(report, wish):
            report.add(
                path,
                str(wish),
                f"can't be required of the provider {provider}, of which nothing is known",
                f"remove it, or choose another provider: {way(NETWORK, provider, wish)}",
            )
        elif not keeps(NETWORK, provider, wish, encapsulation(report.cloud)) and not _added(report, wish):
            message, remedy = _unfulfilled(report, provider, wish)
            report.add(path, str(wish), message, remedy)


def _added(report: Report, wish: Promise) -> bool:
    """Whether the layer of policies keeps the promise."""
    return network_policies.wanted(report.cloud.network) and keeps("policies", network_policies.PROVIDER, wish)


def _unfulfilled(report: Report, provider: str, wish: Promise) -> tuple[str, str]:
    """What is wrong, and the way out: another encapsulation of the same provider, or another provider."""
    kept = PROVIDERS[NETWORK][provider].get(wish)
    who = way(NETWORK, provider, wish)
    if kept is None:
        return f"is not promised by {provider} ({wish.text})", f"remove it, or choose another provider: {who}"
    return (
        f"is not promised by {provider} with the encapsulation {encapsulation(report.cloud)} ({wish.text})",
        f"write network.encapsulation: {' or '.join(kept.only)}, remove it, or choose another provider: {who}",
    )
