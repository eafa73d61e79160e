# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine-specific files of a freshly written root file system."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from . import system
from .refusal import Refusal

_HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
_GRUB_HEAD = "# Written by groundup.cloud.host_base; changes made here are undone by the next run.\n"
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"


class File(NamedTuple):
    """Path below the root, content, mode."""

    path: str
    content: str
    mode: int


def files(plan: Mapping[str, Any], machine_id: str) -> list[File]:
    """The files to write. Raises Refusal(plan) for a path outside /etc or with `..`."""
    seed, found = plan["seed"], []
    name, fqdn = str(seed["hostname"]), str(seed.get("fqdn") or seed["hostname"])
    names = name if fqdn == name else f"{fqdn} {name}"
    identity = {
        "cloud": plan["cloud"],
        "machine": plan["machine"],
        "deploy_id": plan["deploy_id"],
        "image": plan["image"]["name"],
        "image_sha256": plan["image"]["sha256"],
    }
    hosts = f"127.0.0.1 localhost\n127.0.1.1 {names}\n::1 localhost ip6-localhost ip6-loopback\n"
    found += [
        File("etc/hostname", name + "\n", 0o644),
        File("etc/hosts", hosts, 0o644),
        File("etc/machine-id", machine_id + "\n", 0o444),
        File("etc/groundup/identity.json", json.dumps(identity, indent=1, sort_keys=True) + "\n", 0o644),
    ]
    found += [File(_inside(str(item["path"])), str(item["content"]), 0o644) for item in seed.get("network_files") or ()]
    if seed.get("ca_certificate"):
        text = str(seed["ca_certificate"]).strip() + "\n"
        found.append(File("usr/local/share/ca-certificates/groundup.crt", text, 0o644))
    if seed.get("kernel_arguments"):
        # Read by grub.cfg of our images; the role host_base compares it afterwards (layers/kernel_arguments.py).
        words = " ".join(str(word) for word in seed["kernel_arguments"])
        found.append(File("boot/grub/groundup.cfg", f'{_GRUB_HEAD}set groundup_arguments="{words}"\n', 0o644))
    return found


def _inside(path: str) -> str:
    clean = posixpath.normpath("/" + path.lstrip("/"))
    if not clean.startswith("/etc/") or ".." in path.split("/"):
        raise Refusal("plan", f"seed.network_files: {path} is outside /etc", "name a path below /etc")
    return clean[1:]


def write(root: str, wanted: list[File]) -> None:
    """Writes the files below `root`, their directories 0755."""
    for file in wanted:
        target = os.path.join(root, file.path)
        directory = os.path.dirname(target)
        os.makedirs(directory, exist_ok=True)
        if os.path.lexists(target):
            os.unlink(target)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, file.mode), "w", encoding="utf-8") as out:
            out.write(file.content)
        os.chmod(target, file.mode)


def trust(root: str, certificate: str | None) -> None:
    """Adds a CA to the trusted certificates, in the place where update-ca-certificates keeps it."""
    path = os.path.join(root, _BUNDLE)
    if certificate and os.path.exists(path):
        with open(path, "a", encoding="ascii") as out:
            out.write(certificate.strip() + "\n")


def host_key(root: str, name: str) -> str:
    """Generates the machine's ssh host key on its disk; returns the public key (type and key, no comment)."""
    path = os.path.join(root, _HOST_KEY)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    for old in (path, path + ".pub"):
        if os.path.exists(old):
            os.unlink(old)
    if not os.path.exists("/etc/passwd"):  # an initramfs has none, and ssh-keygen needs the user's name
        with open("/etc/passwd", "w", encoding="ascii") as users:
            users.write("root:x:0:0:root:/root:/bin/sh\n")
    system.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path])
    with open(path + ".pub", encoding="ascii") as file:
        return " ".join(file.read().split()[:2])
