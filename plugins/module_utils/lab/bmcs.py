# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the BMC emulators that don't run, and checks over TLS and IPMI that they answer."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from .bmc_files import directory, files
from .namespace import enter
from .plan import Bmc, Rack
from .shell import command_lines, daemon, inside, run, wait_for, write

_ANSWER_SECONDS = 5.0
_START_SECONDS = 240
_GREETING = bytes.fromhex("0600ff07 00 00000000 00000000 09 2018c8 810038 8e04 b5")
"""Get Channel Authentication Capabilities (IPMI 2.0 specification, 22.13): a request that needs no session."""


def missing_bmcs(rack: Rack) -> list[str]:
    """BMCs that don't answer over Redfish with the twin's certificate, or don't answer over IPMI."""
    if not rack.bmcs:
        return []
    workers = min(16, 2 * len(rack.bmcs))
    with ThreadPoolExecutor(workers, initializer=enter, initargs=(rack.places.ctl,)) as pool:
        redfish = list(pool.map(_redfish_answers, rack.bmcs))
        ipmi = list(pool.map(_ipmi_answers, rack.bmcs))
    lacking = [f"redfish/{bmc.machine}" for bmc, ok in zip(rack.bmcs, redfish, strict=True) if not ok]
    return lacking + [f"ipmi/{bmc.machine}" for bmc, ok in zip(rack.bmcs, ipmi, strict=True) if not ok]


def raise_bmcs(rack: Rack, venv: str) -> None:
    """Start the emulators that don't answer and wait until all answer.

    :param venv: Python environment that holds sushy-tools, virtualbmc and bcrypt.
    """
    lacking = missing_bmcs(rack)
    if not lacking:
        return
    places = rack.places
    for path, content in files(rack).items():
        write(path, content)
    _stop(rack, lacking)
    for bmc in rack.bmcs:
        if f"redfish/{bmc.machine}" in lacking:
            where = directory(places, bmc.machine)
            _password_file(venv, bmc, f"{where}/htpasswd")
            command = [f"{venv}/bin/python", "-B", f"{venv}/bin/sushy-emulator", "--config", f"{where}/sushy.conf"]
            daemon(inside(places.bmc, *command), f"{places.lab}/log/bmc-{bmc.machine}.log")
    if any(item.startswith("ipmi/") for item in lacking):
        command = [f"{venv}/bin/python", "-B", f"{venv}/bin/vbmcd", "--foreground"]
        environment = {"VIRTUALBMC_CONFIG": f"{places.lab}/bmc/vbmcd.conf"}
        daemon(inside(places.bmc, *command), f"{places.lab}/log/vbmcd.log", environment)
    wait_for(f"BMCs of {places.name}", lambda: not missing_bmcs(rack), _START_SECONDS, _first_log(rack, lacking))


def _first_log(rack: Rack, lacking: list[str]) -> str:
    kind, __, machine = lacking[0].partition("/")
    return f"{rack.places.lab}/log/" + (f"bmc-{machine}.log" if kind == "redfish" else "vbmcd.log")


def _stop(rack: Rack, lacking: list[str]) -> None:
    """Stop emulators that run but don't answer: they would occupy the address of the new ones."""
    silent = [item.partition("/")[2] for item in lacking if item.startswith("redfish/")]
    configs = [f"{directory(rack.places, machine)}/sushy.conf" for machine in silent]
    ipmi = any(item.startswith("ipmi/") for item in lacking)
    for pid, words in command_lines(rack.places.bmc).items():
        if any(config in words for config in configs) or (ipmi and any(word.endswith("/vbmcd") for word in words)):
            os.kill(pid, 9)
    if ipmi and os.path.exists(f"{rack.places.run}/vbmcd.pid"):
        os.unlink(f"{rack.places.run}/vbmcd.pid")


def _password_file(venv: str, bmc: Bmc, path: str) -> None:
    """Write a password file in Apache's format with bcrypt, at the lowest cost: it is checked on every request."""
    program = "import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.read().encode(), bcrypt.gensalt(4)).decode())"
    digest = run([f"{venv}/bin/python", "-c", program], text=bmc.password).strip()
    write(path, f"{bmc.username}:{digest}\n")


def _redfish_answers(bmc: Bmc) -> bool:
    """Whether the BMC presents the pinned certificate and returns the service root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the pinned fingerprint is verified below
    try:
        with (
            socket.create_connection((bmc.address, bmc.redfish_port), _ANSWER_SECONDS) as plain,
            context.wrap_socket(plain) as line,
        ):
            shown = hashlib.sha256(line.getpeercert(binary_form=True) or b"").hexdigest()
            if bmc.fingerprint and shown != bmc.fingerprint:
                return False
            line.sendall(f"GET /redfish/v1/ HTTP/1.0\r\nHost: {bmc.address}\r\n\r\n".encode())
            return line.recv(64).split()[1:2] == [b"200"]
    except OSError:
        return False


def _ipmi_answers(bmc: Bmc) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(_ANSWER_SECONDS)
        try:
            line.connect((bmc.address, bmc.ipmi_port))
            line.send(_GREETING)
            return bool(line.recv(64))
        except OSError:
            return False
