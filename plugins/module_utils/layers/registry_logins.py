# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of registries: a file that the kubelet reads and passes on to containerd with each pull.

containerd itself has no lasting way: its `registry.configs.*.auth` is deprecated and goes with 2.4 (RELEASES.md of
2.3), and a header in hosts.toml serves registries with basic authentication only, not those that issue tokens. The
kubelet reads `config.json` of its directory again every five minutes (pkg/credentialprovider, 1.36).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..host.state import Directory, File, HostError, Purge

DIRECTORY = "/var/lib/kubelet"
FILE = f"{DIRECTORY}/config.json"
#: How a file begins that is ours; one of somebody else stays where there are no logins.
MARKER = '{"groundup.cloud": '
#: A registry as images name it, perhaps with a part of their path; `*` stands for a part of a host name.
REGISTRY = re.compile(r"(?=.{1,253}\Z)[a-z0-9*]([a-z0-9.*-]*[a-z0-9])?(:[0-9]{1,5})?(/[a-z0-9._/-]+)?\Z")
#: The key under which the kubelet looks for Docker Hub.
ALIASES = {"docker.io": "https://index.docker.io/v1/"}


def files(logins: Sequence[Mapping[str, Any]]) -> tuple[File, ...]:
    """The file with the logins; none where there are none. Its content is in no diff and in no result.

    :raises HostError: for a registry that is none, is named twice, or has no user or password. No password is named.
    """
    auths: dict[str, dict[str, str]] = {}
    for login in logins:
        registry = str(login.get("registry") or "")
        where = f"container_runtime_logins.{registry}"
        if not REGISTRY.match(registry):
            raise HostError(f"container_runtime_logins: {registry!r} is no registry; give it as images do, host:port")
        if registry in auths:
            raise HostError(f"{where}: is there twice; keep one of them")
        if not login.get("username") or not login.get("password") or ":" in str(login["username"]):
            raise HostError(f"{where}: needs a username, without a colon, and a password")
        both = f"{login['username']}:{login['password']}".encode()
        auths[ALIASES.get(registry, registry)] = {"auth": base64.b64encode(both).decode()}
    if not auths:
        return ()
    text = json.dumps({"groundup.cloud": "changes by hand are undone", "auths": auths}, indent=None)
    return (File(FILE, text + "\n", mode=0o600, secret=True),)


def directories(logins: Sequence[Mapping[str, Any]]) -> tuple[Directory, ...]:
    """The directory of the kubelet, with the mode that kubeadm gives it."""
    return (Directory(DIRECTORY, 0o700),) if logins else ()


PURGE = Purge(DIRECTORY, "config.json", MARKER)
