# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud's own certificate authority on the provisioner, and the registry's certificate; made with openssl."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence

from .manifest import write_json

DAYS_CA, DAYS, RENEW = 3650, 397, 60


def missing(directory: str, addresses: Sequence[str], now: float | None = None) -> list[str]:
    """Which of `ca`, `registry` have to be made: absent, for other addresses, or within 60 days of their end."""
    if not all(os.path.exists(os.path.join(directory, name)) for name in ("ca.crt", "ca.key")):
        return ["ca", "registry"]
    try:
        with open(os.path.join(directory, "registry.json"), encoding="utf-8") as file:
            made = json.load(file)
    except FileNotFoundError:
        return ["registry"]
    late = made["not_after"] - (time.time() if now is None else now) < RENEW * 86400
    return ["registry"] if late or made["addresses"] != sorted(addresses) else []


def make(directory: str, cloud: str, addresses: Sequence[str]) -> None:
    """Makes what is missing. Keys are readable for their owner only, from the first moment."""
    os.makedirs(directory, mode=0o755, exist_ok=True)
    wanted = missing(directory, addresses)
    if "ca" in wanted:
        _openssl(
            directory,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            str(DAYS_CA),
            "-subj",
            f"/CN=groundup {cloud} CA",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
        )
    if "registry" in wanted:
        _registry(directory, cloud, addresses)


def _registry(directory: str, cloud: str, addresses: Sequence[str]) -> None:
    names = ",".join(f"IP:{address}" for address in sorted(addresses))
    with open(os.path.join(directory, "registry.ext"), "w", encoding="ascii") as file:
        file.write(
            f"subjectAltName={names},DNS:registry.{cloud}\nextendedKeyUsage=serverAuth\n"
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
        )
    _openssl(
        directory,
        "req",
        "-new",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        f"/CN=registry.{cloud}",
        "-keyout",
        "registry.key",
        "-out",
        "registry.csr",
    )
    _openssl(
        directory,
        "x509",
        "-req",
        "-in",
        "registry.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        str(DAYS),
        "-extfile",
        "registry.ext",
        "-out",
        "registry.crt",
    )
    write_json(
        os.path.join(directory, "registry.json"),
        {"addresses": sorted(addresses), "not_after": int(time.time()) + DAYS * 86400},
    )


def _openssl(directory: str, *arguments: str) -> None:
    done = subprocess.run(
        ["openssl", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.umask(0o077) and None,
    )
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()[-400:]}")
    for name in ("ca.crt", "registry.crt"):
        path = os.path.join(directory, name)
        if os.path.exists(path):
            os.chmod(path, 0o644)
