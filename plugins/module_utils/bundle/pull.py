# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading images from a registry (distribution API v2): by digest, anonymously, without any container engine."""

from __future__ import annotations

import json
import re
import typing as t
import urllib.error
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

from .errors import BundleError
from .fetch import Fetcher, Note, check, quiet
from .image_storage import split
from .web import Headers, request, small

ACCEPT = ", ".join(
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ]
)
CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Pulled:
    """An image as read: manifests by digest (outermost first), and the blobs that the innermost names, by digest."""

    manifests: dict[str, bytes]
    blobs: dict[str, int]


@dataclass
class Source:
    """One repository of one registry; ``base`` is its URL, like https://registry.k8s.io.

    Where the registry wants a token, one is fetched when it first says so, and again when it has run out: the flow of
    distribution's token specification (docs/spec/auth/token.md), anonymous part.
    """

    base: str
    repository: str
    fetcher: Fetcher
    token: Headers = field(default_factory=dict)

    def url(self, kind: str, reference: str) -> str:
        return f"{self.base.rstrip('/')}/v2/{self.repository}/{kind}/{reference}"

    def ask(self, url: str, headers: Headers) -> t.Any:
        """Open a URL of this repository.

        :raises BundleError: if the registry wants more than an anonymous token.
        """
        try:
            return request(url, {**headers, **self.token})
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
            challenge = str(refusal.headers.get("WWW-Authenticate") or "")
            refusal.close()
        self.token = {"Authorization": f"Bearer {self._new_token(challenge)}"}
        try:
            return request(url, {**headers, **self.token})
        except urllib.error.HTTPError as refusal:
            if refusal.code != 401:
                raise
            raise BundleError(f"{url} wants more than an anonymous token; name a mirror that doesn't") from refusal

    def _new_token(self, challenge: str) -> str:
        parameters = dict(CHALLENGE.findall(challenge))
        if not challenge.lower().startswith("bearer ") or "realm" not in parameters:
            raise BundleError(
                f"{self.base} wants {challenge or 'a password'!r}; only anonymous registries can be read. Name a mirror"
            )
        query = {"scope": parameters.get("scope", f"repository:{self.repository}:pull")}
        query |= {"service": parameters["service"]} if "service" in parameters else {}
        url = f"{parameters['realm']}{'&' if '?' in parameters['realm'] else '?'}{urllib.parse.urlencode(query)}"
        try:
            answer = json.loads(small(f"token for {self.repository}", url, {}, self.fetcher.sleep))
            return str(answer.get("token") or answer["access_token"])
        except urllib.error.HTTPError as refusal:
            raise BundleError(f"{url} answered {refusal.code}, no token for {self.base}; name a mirror") from refusal
        except (ValueError, KeyError, AttributeError) as fault:
            raise BundleError(f"{url} gave no token for {self.base}; name a mirror") from fault

    def manifest(self, what: str, reference: str) -> bytes:
        """A manifest or index by tag or digest.

        :raises BundleError: if the registry doesn't have it.
        """
        url = self.url("manifests", reference)
        try:
            return small(what, url, {"Accept": ACCEPT}, self.fetcher.sleep, ask=self.ask)
        except urllib.error.HTTPError as refusal:
            raise BundleError(
                f"{what} can't be had: {url} answered {refusal.code}; correct the lock or name a mirror"
            ) from refusal

    def blob(self, what: str, digest: str, note: Note = quiet) -> Path:
        """A blob, verified, in the fetcher's directory."""
        return self.fetcher.get(
            f"{what} blob {digest[:19]}",
            [self.url("blobs", digest)],
            digest.removeprefix("sha256:"),
            note,
            self.ask,
        )


def locate(reference: str) -> tuple[str, str, str]:
    """Where a reference is served: (URL of the registry, repository there, tag)."""
    name, tag = split(reference)
    host, __, repository = name.partition("/")
    if host == "docker.io":
        return "https://registry-1.docker.io", repository if "/" in repository else f"library/{repository}", tag
    return f"https://{host}", repository, tag


def read(source: Source, what: str, digest: str, platform: str) -> Pulled:
    """The manifests of an image down to one platform, each checked against the digest that led to it.

    :raises DigestMismatch: if the registry gave other bytes.
    :raises BundleError: if the image lacks the platform or is of a kind that is unknown.
    """
    manifests: dict[str, bytes] = {}
    while True:
        manifests[digest] = check(what, source.base, source.manifest(what, digest), digest)
        document: dict[str, t.Any] = json.loads(manifests[digest])
        if "manifests" not in document:
            break
        digest = _choose(what, document["manifests"], platform)
    try:
        parts = [document["config"], *document["layers"]]
    except KeyError:
        raise BundleError(f"{what}: {digest} is neither an image nor an index of images; correct the lock") from None
    return Pulled(manifests, {part["digest"]: part["size"] for part in parts})


def _choose(what: str, children: list[dict[str, t.Any]], platform: str) -> str:
    system, __, architecture = platform.partition("/")
    for child in children:
        offered = child.get("platform", {})
        if offered.get("os") == system and offered.get("architecture") == architecture:
            return str(child["digest"])
    raise BundleError(f"{what} has no image for {platform}; choose another platform or image in the lock")
