# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of etcd, through its own JSON gateway on this machine."""

from __future__ import annotations

import typing as t
from pathlib import Path

from . import paths
from .api import Https, tls

Member = dict[str, t.Any]


def connect(root: Path = Path("/"), server: str = "https://127.0.0.1:2379") -> Https:
    """A client with the health check's certificate, which every control plane has."""
    pki = root / paths.ETCD_PKI.lstrip("/")
    names = ("ca.crt", "healthcheck-client.crt", "healthcheck-client.key")
    return Https(server, tls(*(pki.joinpath(name).read_text() for name in names)))


def members(client: Https) -> list[Member]:
    """[{name, id, peer, client, learner}], by name; a member that never started has an empty name and client."""
    answer = client.call("POST", "/v3/cluster/member/list", {})
    found = [
        {
            "name": item.get("name", ""),
            "id": item["ID"],
            "peer": (item.get("peerURLs") or [""])[0],
            "client": (item.get("clientURLs") or [""])[0],
            "learner": bool(item.get("isLearner")),
        }
        for item in answer["members"]
    ]
    return sorted(found, key=lambda member: (member["name"], member["peer"]))


def remove(client: Https, member_id: str) -> None:
    """Remove a member. etcd refuses when the quorum would be lost."""
    client.call("POST", "/v3/cluster/member/remove", {"ID": member_id})


def status(root: Path, member: Member) -> dict[str, t.Any]:
    """A member's status from its own address; the list of members also has those that are down."""
    answer: dict[str, t.Any] = connect(root, member["client"]).call("POST", "/v3/maintenance/status", {})
    return answer
