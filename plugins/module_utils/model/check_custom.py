# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the network of one's own: it belongs to its provider, and each manifest has one source."""

from __future__ import annotations

from .checks import Report
from .custom_network import CustomManifest, CustomNetwork
from .enums import NetworkProvider

KEY = "network.custom"
#: Networks that nobody else has.
OURS = (NetworkProvider.BASIC, NetworkProvider.CUSTOM)


def check_custom(report: Report) -> None:
    """Report a network of one's own that nothing reads, or that can't be applied."""
    settings = report.cloud.network
    own = settings.custom
    if settings.provider is not NetworkProvider.CUSTOM and own != CustomNetwork():
        report.add(
            KEY,
            None,
            f"has no effect with the provider {settings.provider}",
            "write network.provider: custom, or remove it",
        )
    for manifest in own.manifests.values():
        _manifest(report, manifest)
    for index, name in enumerate(own.known_as):
        if name in OURS:
            report.add(f"{KEY}.known_as[{index}]", str(name), "is no network of others", "remove it")
    for key in ("images", "kernel_modules", "known_as", "promises"):
        values = getattr(own, key)
        for index, value in enumerate(values):
            if value in values[:index]:
                report.add(f"{KEY}.{key}[{index}]", str(value), "is listed twice", "list it once")


def _manifest(report: Report, manifest: CustomManifest) -> None:
    where = f"{KEY}.manifests.{manifest.name}"
    if report.is_unreadable(where):
        return
    if manifest.path and manifest.url:
        report.add(where, None, "has a path and a url", "remove one of them")
    elif manifest.url and not manifest.sha256:
        report.add(f"{where}.sha256", None, "is missing", "give the SHA-256 digest of the file at url")
    elif manifest.sha256 and not manifest.url:
        report.add(
            f"{where}.sha256",
            manifest.sha256,
            "has no url beside it: files beside the model have no digest, and those of the lock have theirs there",
            "remove it, or give the url",
        )
