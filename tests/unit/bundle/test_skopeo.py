# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the words of skopeo: errors with the artefact, the source and the remedy, or another attempt."""

from __future__ import annotations

import errno

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bundle import skopeo
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.errors import BundleError, DigestMismatch
from ansible_collections.groundup.cloud.plugins.module_utils.bundle.skopeo import Place
from ansible_collections.groundup.cloud.plugins.module_utils.download.errors import TemporaryError

PLACE = Place("docker://images.example/app:1")
HEX, OTHER = "a" * 64, "b" * 64

FINAL = {
    "no login": ("reading manifest 1: unauthorized: authentication required", "log in with `skopeo login HOST`"),
    "no token": (
        "unable to retrieve auth token: invalid username/password",
        "name the file with the login in auth_file",
    ),
    "too many requests": ("toomanyrequests: You have reached your pull rate limit", "wait, log in as auth_file says"),
    "no such tag": ("reading manifest 2: manifest unknown: manifest unknown", "correct the lock, or name a mirror"),
    "a private CA": ("tls: failed to verify: x509: certificate signed by unknown authority", "name the file of its CA"),
    "no TLS": ("http: server gave HTTP response to HTTPS client", "name it in mirrors with http://"),
    "a proxy that is away": (
        "proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused",
        "correct https_proxy",
    ),
    "a policy": ("Source image rejected: Running image is rejected by policy", "correct /etc/containers/policy.json"),
    "no layout": ("open /srv/app/index.json: no such file or directory", "correct the place of the image"),
    "a file of another user": ("open /srv/app/index.json: permission denied", "let this user read it"),
    "a name that is unknown to DNS": ("dial tcp: lookup images.example: no such host", "check the network"),
}
TEMPORARY = (
    "writing blob: happened during read: unexpected EOF",
    "Error fetching blob: invalid status code from registry 503 (Service Unavailable)",
    "received unexpected HTTP status: 502 Bad Gateway",
    "read tcp 10.0.0.1:5000: read: connection reset by peer",
    "dial tcp 10.0.0.1:443: i/o timeout",
)


def fault(said: str) -> Exception:
    text = f'time="2026-11-28T15:12:43Z" level=fatal msg="{said}"\n'
    return skopeo._fault("app", PLACE, f"Copying blob\n{text}")


@pytest.mark.parametrize(("said", "remedy"), FINAL.values(), ids=FINAL)
def test_a_final_fault_names_the_image_its_place_and_the_remedy(said: str, remedy: str) -> None:
    error = fault(said)
    assert isinstance(error, BundleError)
    assert str(error).startswith(f"app can't be had from {PLACE.name}: {said}; ") and remedy in str(error)


@pytest.mark.parametrize("said", TEMPORARY)
def test_a_fault_that_may_pass_is_tried_again(said: str) -> None:
    assert isinstance(fault(said), TemporaryError)


@pytest.mark.parametrize(
    "said",
    [
        f"writing blob: Digest did not match, expected sha256:{HEX}, got sha256:{OTHER}",
        f"Download config.json digest sha256:{OTHER} does not match expected sha256:{HEX}",
    ],
)
def test_other_bytes_are_a_mismatch_with_both_digests(said: str) -> None:
    error = fault(said)
    assert isinstance(error, DigestMismatch) and (error.wanted, error.got) == (HEX, OTHER)


def test_a_full_disk_stays_the_error_that_names_the_disk() -> None:
    error = fault("write /srv/bundle/blob: no space left on device")
    assert isinstance(error, OSError) and error.errno == errno.ENOSPC
