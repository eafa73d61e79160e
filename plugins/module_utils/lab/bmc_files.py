# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of the BMC emulators; nothing here reads or writes files.

Redfish is sushy-tools, one process per machine, since each machine's BMC has an address, a certificate and only one
system. IPMI is virtualbmc: one process for all machines; it supports cipher suite 3 only.
"""

from __future__ import annotations

from .domain import LEGACY_CODE, UEFI_CODE
from .names import Places
from .plan import Bmc, Rack


def directory(places: Places, machine: str) -> str:
    """Directory of the files of one machine's emulator."""
    return f"{places.lab}/bmc/{machine}"


def certificate(places: Places, bmc: Bmc) -> tuple[str, str]:
    """Paths of the certificate and key of a BMC, which the module `keys` makes."""
    base = f"{places.lab}/keys/bmc-{bmc.machine}-{bmc.address}"
    return f"{base}.crt", f"{base}.key"


def sushy_config(places: Places, bmc: Bmc, uuid: str) -> str:
    """Configuration of sushy-emulator (a Python file, documented in sushy-tools' admin guide)."""
    where = directory(places, bmc.machine)
    crt, key = certificate(places, bmc)
    settings = {
        "LISTEN_IP": bmc.address,
        "LISTEN_PORT": bmc.redfish_port,
        "SSL_CERT": crt,
        "SSL_KEY": key,
        "AUTH_FILE": f"{where}/htpasswd",
        "LIBVIRT_URI": places.libvirt,
        "STATE_DIR": where,
        "ALLOWED_INSTANCES": [uuid],
        "IGNORE_BOOT_DEVICE": False,
        # Without a loader for Legacy, libvirt refuses to change the boot mode.
        "BOOT_LOADER_MAP": {"UEFI": {"x86_64": UEFI_CODE}, "Legacy": {"x86_64": LEGACY_CODE}},
    }
    return "".join(f"SUSHY_EMULATOR_{key} = {value!r}\n" for key, value in settings.items())


def vbmc_daemon_config(places: Places) -> str:
    """Configuration of vbmcd."""
    where = f"{places.lab}/bmc/ipmi"
    default = f"[default]\nconfig_dir = {where}\npid_file = {places.run}/vbmcd.pid\nserver_port = 50891\n"
    return f"{default}[log]\nlogfile = {places.lab}/log/vbmcd-sessions.log\n[ipmi]\nsession_timeout = 10\n"


def vbmc_machine_config(places: Places, bmc: Bmc) -> str:
    """The file that `vbmc add` would write; it is not used because it takes the password on its command line."""
    settings = {
        "username": bmc.username,
        "password": bmc.password,
        "domain_name": bmc.machine,
        "libvirt_uri": places.libvirt,
        "address": bmc.address,
        "active": "True",
        "port": bmc.ipmi_port,
    }
    return "[VirtualBMC]\n" + "".join(f"{key} = {value}\n" for key, value in settings.items())


def files(rack: Rack) -> dict[str, str]:
    """Content of all configuration files by path, without the password files."""
    places, uuids = rack.places, {machine.name: machine.uuid for machine in rack.machines}
    result = {f"{places.lab}/bmc/vbmcd.conf": vbmc_daemon_config(places)}
    for bmc in rack.bmcs:
        result[f"{directory(places, bmc.machine)}/sushy.conf"] = sushy_config(places, bmc, uuids[bmc.machine])
        result[f"{places.lab}/bmc/ipmi/{bmc.machine}/config"] = vbmc_machine_config(places, bmc)
    return result
