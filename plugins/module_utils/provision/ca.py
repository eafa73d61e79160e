# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud's certificate authority on the provisioner, and the registry's certificate; generated with openssl."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Sequence

from .manifest import write_json
from .settings import ProvisionerError

DAYS_CA, DAYS, RENEW = 3650, 397, 60


def missing(directory: str, addresses: Sequence[str], now: float | None = None) -> list[str]:
    """Which of `ca` and `registry` must be made: missing, for other addresses, or less than 60 days before expiry."""
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
    """Makes what is missing. Key files are created with permissions for their owner only."""
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
            "ca.key.tmp",
            "-out",
            "ca.crt.tmp",
        )
        # Both files are complete before they are renamed: a truncated CA would be used for ever. The key comes first.
        _openssl(directory, "pkey", "-noout", "-in", "ca.key.tmp")
        _openssl(directory, "x509", "-noout", "-in", "ca.crt.tmp")
        for name in ("ca.key", "ca.crt"):
            os.replace(os.path.join(directory, f"{name}.tmp"), os.path.join(directory, name))
        os.chmod(os.path.join(directory, "ca.crt"), 0o644)
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
        "-set_serial",  # without a serial file: one truncated by a full disk would prevent all renewals
        f"0x{secrets.token_hex(15)}",
        "-days",
        str(DAYS),
        "-extfile",
        "registry.ext",
        "-out",
        "registry.crt",
    )
    os.chmod(os.path.join(directory, "registry.crt"), 0o644)
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
        raise ProvisionerError(
            f"openssl {arguments[0]} failed in {directory}: {done.stderr.strip()[-400:]}; make room there if it is full"
        )
