# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, certificates and passwords of a lab, made once, in one directory that only its owner can read."""

from __future__ import annotations

import hashlib
import os
import secrets
import ssl

from .names import Places
from .shell import run, write
from .twin import Materials

_DAYS = "825"


def materials(places: Places, addresses: dict[str, str]) -> Materials:
    """The secrets of a lab; missing ones are made. `addresses`: BMC address by machine."""
    directory = f"{places.lab}/keys"
    os.makedirs(directory, mode=0o700, exist_ok=True)
    password = f"{directory}/bmc_password"
    if not os.path.exists(password):
        # IPMI 2.0 allows at most 20 bytes.
        write(password, secrets.token_hex(8))
    private = f"{directory}/id_ed25519"
    if not os.path.exists(private):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{places.name} lab", "-f", private])
    _authority(directory)
    return Materials(
        places=places,
        bmc_password=_read(password),
        public_key=_read(f"{private}.pub").strip(),
        private_key_file=private,
        fingerprints={name: _certificate(directory, name, address) for name, address in addresses.items()},
    )


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _authority(directory: str) -> None:
    if os.path.exists(f"{directory}/ca.crt"):
        return
    _openssl(directory, "ca", "/CN=groundup lab BMC CA", ["basicConstraints=critical,CA:TRUE"], [])


def _certificate(directory: str, name: str, address: str) -> str:
    path = f"{directory}/bmc-{name}-{address}.crt"
    if not os.path.exists(path):
        extensions = [f"subjectAltName=IP:{address}", "basicConstraints=CA:FALSE"]
        issuer = ["-CA", f"{directory}/ca.crt", "-CAkey", f"{directory}/ca.key"]
        _openssl(directory, f"bmc-{name}-{address}", f"/CN={name}.bmc", extensions, issuer)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(_read(path))).hexdigest()


def _openssl(directory: str, name: str, subject: str, extensions: list[str], issuer: list[str]) -> None:
    key, certificate = f"{directory}/{name}.key", f"{directory}/{name}.crt"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-keyout", key, "-out", f"{certificate}.new", "-days", _DAYS, "-subj", subject, *issuer]  # fmt: skip
    for extension in extensions:
        command += ["-addext", extension]
    run(command)
    os.chmod(key, 0o600)
    os.replace(f"{certificate}.new", certificate)
