# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provisioner serves, for scenarios that need it: time (chronyd), the bundle's files and its registry.

    provisioner.py DIRECTORY ADDRESS [BUNDLE]

Runs the real daemons in the caller's network namespace, writes DIRECTORY/ca.crt, returns when they answer, and goes on
in the background until that namespace loses its name or an hour is over, so that nothing outlives a scenario. Daemons
that an earlier scenario on the same machine has started go on with the authority that the machine knows.
"""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import sys
import time

from namespace import named

LONGEST = 3600
TIME = (
    "local stratum 8\nallow all\ncmdport 0\nbindcmdaddress /\nbindaddress {address}\npidfile {directory}/chronyd.pid\n"
)
REGISTRY = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {bundle}/registry}}, maintenance: {{readonly: {{enabled: true}}}}}}
http: {{addr: "{address}:5000", tls: {{certificate: {directory}/registry.crt, key: {directory}/registry.key}}}}
"""


def certificate(directory: pathlib.Path, address: str) -> None:
    """A CA and a certificate of the registry."""
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "30",
    ]
    ca = ["-subj", "/CN=molecule", "-keyout", "ca.key", "-out", "ca.crt"]
    leaf = [
        "-subj",
        f"/CN={address}",
        "-addext",
        f"subjectAltName=IP:{address}",
        "-addext",
        "basicConstraints=CA:FALSE",
    ]
    issued = ["-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "registry.key", "-out", "registry.crt"]
    for words in (ca, [*leaf, *issued]):
        subprocess.run([*openssl, *words], cwd=directory, check=True, capture_output=True)


def commands(directory: pathlib.Path, address: str, bundle: str | None) -> dict[int, list[str]]:
    """{port to wait for: command}; port 0: none (UDP)."""
    (directory / "chrony.conf").write_text(TIME.format(address=address, directory=directory))
    found = {0: ["chronyd", "-x", "-d", "-u", "root", "-f", str(directory / "chrony.conf")]}
    if bundle:
        certificate(directory, address)
        (directory / "registry.yml").write_text(REGISTRY.format(address=address, directory=directory, bundle=bundle))
        found[5000] = ["docker-registry", "serve", str(directory / "registry.yml")]
        files = directory / "www"
        files.mkdir(exist_ok=True)
        (files / "bundle").unlink(missing_ok=True)
        (files / "bundle").symlink_to(bundle)
        found[8080] = [sys.executable, "-m", "http.server", "8080", "-b", address, "-d", str(files)]
    return found


def answers(address: str, port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as link:
        link.settimeout(1)
        return link.connect_ex((address, port)) == 0


def main() -> None:
    directory, address, bundle = pathlib.Path(sys.argv[1]), sys.argv[2], (sys.argv[3:] or [None])[0]
    if (directory / "ca.crt").exists() and answers(address, 5000):
        return
    directory.mkdir(parents=True, exist_ok=True)
    wanted = commands(directory, address, bundle)
    with (directory / "services.log").open("ab") as log:
        children = [
            subprocess.Popen(words, stdout=log, stderr=log, stdin=subprocess.DEVNULL) for words in wanted.values()
        ]
    until = time.monotonic() + 60
    while not all(answers(address, port) for port in wanted if port):
        dead = [child.args for child in children if child.poll() is not None]
        if dead or time.monotonic() > until:
            sys.exit(f"provisioner.py: {dead or 'no answer'}; see {directory}/services.log")
        time.sleep(0.1)
    if os.fork():
        return
    os.setsid()
    for number in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), number)
    until = time.monotonic() + LONGEST
    try:
        while named() and time.monotonic() < until:
            time.sleep(1)
    finally:  # also when a namespace goes while it is looked at
        for child in children:
            child.kill()


if __name__ == "__main__":
    main()
