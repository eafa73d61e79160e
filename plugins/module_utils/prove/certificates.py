# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the certificates of a node, or of a hosted control plane, are valid."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ..kube.certificates import AUTHORITIES, of_directory
from ..kube.errors import KubeError
from ..kube.x509 import Validity, validity
from ..report.proofs import ProofError, Warned

KUBERNETES = Path("/etc/kubernetes")
KUBELET = Path("/var/lib/kubelet/pki/kubelet-client-current.pem")
DAYS_LEFT = 30
WARNED_DAYS = 60
#: The kubelet renews its certificate when 70 to 90 % of its life are over (client-go, util/certificate).
KUBELET_SHARE = 0.1


def certificates_valid(now: float | None = None) -> str | Warned:
    """Name the certificate that expires first and its remaining days, with a warning where those are few.

    :raises ProofError: it expires within DAYS_LEFT days, or there are no certificates.
    """
    return judged(certificates(), time.time() if now is None else now)


def judged(found: Iterator[tuple[str, str]], now: float) -> str | Warned:
    """The evidence for some certificates, (name, PEM); see :func:`certificates_valid`."""
    try:
        known = {name: validity(name, pem) for name, pem in found}
    except KubeError as error:
        raise ProofError(str(error)) from error
    if not known:
        raise ProofError(f"there are no certificates in {KUBERNETES / 'pki'}")
    left = {name: item.days_left(now) for name, item in known.items()}
    name = min(left, key=left.__getitem__)
    if left[name] <= DAYS_LEFT:
        raise ProofError(f"{name} has {left[name]} days left; renew it by running site.yml")
    evidence = f"{len(left)} certificates, the first to expire is {name} in {left[name]} days"
    late = {item: count for item, count in left.items() if _is_late(item, known[item], now)}
    if not late:
        return evidence
    authorities = {item: count for item, count in late.items() if item in AUTHORITIES}
    others = {item: count for item, count in late.items() if item not in AUTHORITIES}
    texts = [f"{_ends(others)}, and nobody renewed it: run site.yml, which does"] if others else []
    texts += [f"{_ends(authorities)}, and kubeadm renews no authority: make a new one"] if authorities else []
    return Warned(evidence, "; ".join(texts))


def _ends(left: dict[str, int]) -> str:
    return ", ".join(f"{name} ends in {days} days" for name, days in sorted(left.items(), key=lambda pair: pair[1]))


def _is_late(name: str, item: Validity, now: float) -> bool:
    """Whether it should have been renewed: by a run of site.yml, or by the kubelet itself, whose period is its own."""
    if name == KUBELET.name:
        return item.share_left(now) < KUBELET_SHARE
    return item.days_left(now) < WARNED_DAYS


def certificates(kubernetes: Path = KUBERNETES, kubelet: Path | None = KUBELET) -> Iterator[tuple[str, str]]:
    """(name, PEM) of every certificate: files of kubeadm and kubelet, and client certificates inside of kubeconfigs."""
    yield from ((Path(name).name, pem) for name, pem in of_directory(kubernetes))
    if kubelet and kubelet.is_file():
        yield kubelet.name, kubelet.read_text()
