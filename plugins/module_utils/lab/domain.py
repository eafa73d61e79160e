# SPDX-License-Identifier: GPL-3.0-or-later
"""The libvirt domain XML of a virtual machine of the rack; nothing here calls libvirt.

The format is described at libvirt.org/formatdomain.html. Unusual settings and their reasons:

* checksum and segmentation offloads are off, since Open vSwitch in user space does not complete checksums;
* a virtio NIC reports no speed, and LACP aggregates only links with equal speed, hence `speed` and `duplex`;
* a UEFI machine has no option ROM and boots with the firmware's own PXE over TFTP; a BIOS machine has iPXE's ROM;
* PXE over IPv6 is disabled in the firmware: each attempt would take a minute.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from .plan import Disk, Machine, Nic

QEMU = "http://libvirt.org/schemas/domain/qemu/1.0"
UEFI_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
UEFI_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
LEGACY_CODE = "/usr/share/seabios/bios-256k.bin"
_HOST_OFFLOADS = ("csum", "gso", "tso4", "tso6", "ecn", "ufo")
_GUEST_OFFLOADS = ("csum", "tso4", "tso6", "ecn", "ufo")

ET.register_namespace("qemu", QEMU)


def domain_xml(machine: Machine, accelerator: str) -> str:
    """The domain XML of one machine; `accelerator` is `kvm` or `tcg`."""
    domain = ET.Element("domain", {"type": "kvm" if accelerator == "kvm" else "qemu"})
    _text(domain, "name", machine.name)
    _text(domain, "uuid", machine.uuid)
    _text(domain, "memory", str(machine.memory), unit="MiB")
    _text(domain, "vcpu", str(machine.cpus))
    _boot(domain, machine)
    _identity(domain, machine)
    _processor(domain, accelerator)
    ET.SubElement(domain, "clock", offset="utc")
    for event, reaction in (("on_poweroff", "destroy"), ("on_reboot", "restart"), ("on_crash", "destroy")):
        _text(domain, event, reaction)
    _devices(domain, machine)
    _link_speeds(domain, machine)
    ET.indent(domain)
    return ET.tostring(domain, encoding="unicode")


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _boot(domain: ET.Element, machine: Machine) -> None:
    os = ET.SubElement(domain, "os")
    _text(os, "type", "hvm", arch="x86_64", machine="q35")
    if machine.firmware == "uefi":
        _text(os, "loader", UEFI_CODE, readonly="yes", type="pflash")
        _text(os, "nvram", f"{machine.directory}/vars.fd", template=UEFI_VARS)
    else:
        _text(os, "loader", LEGACY_CODE, type="rom")
    ET.SubElement(os, "boot", dev="hd")
    ET.SubElement(os, "smbios", mode="sysinfo")


def _identity(domain: ET.Element, machine: Machine) -> None:
    firmware = ET.SubElement(domain, "sysinfo", type="fwcfg")
    _text(firmware, "entry", "n", name="opt/org.tianocore/IPv6PXESupport")
    system = ET.SubElement(ET.SubElement(domain, "sysinfo", type="smbios"), "system")
    for name, value in (("manufacturer", "groundup"), ("product", "virtual rack"), ("serial", machine.serial)):
        _text(system, "entry", value, name=name)
    _text(system, "entry", machine.uuid, name="uuid")


def _processor(domain: ET.Element, accelerator: str) -> None:
    features = ET.SubElement(domain, "features")
    ET.SubElement(features, "acpi")
    ET.SubElement(features, "apic")
    if accelerator == "kvm":
        ET.SubElement(domain, "cpu", mode="host-passthrough")
        return
    # The translated code of a control plane is about 850 MiB. With a cache of 256 MiB the cache is flushed every ten
    # seconds, and the API server never finishes its start. QEMU allocates the memory as it is used.
    _text(ET.SubElement(features, "tcg"), "tb-cache", "1536", unit="MiB")
    cpu = ET.SubElement(domain, "cpu", mode="maximum")
    ET.SubElement(cpu, "feature", policy="disable", name="la57")
    # QEMU emulates the virtualization of AMD too. KubeVirt would take /dev/kvm for hardware, and guests would be
    # emulated twice; without it they are translated once.
    ET.SubElement(cpu, "feature", policy="disable", name="svm")


def _devices(domain: ET.Element, machine: Machine) -> None:
    devices = ET.SubElement(domain, "devices")
    _text(devices, "emulator", "/usr/bin/qemu-system-x86_64")
    ET.SubElement(devices, "controller", type="usb", model="none")
    if any(disk.wwn for disk in machine.disks):
        ET.SubElement(devices, "controller", type="scsi", model="virtio-scsi")
    for index, disk in enumerate(machine.disks):
        _disk(devices, disk, chr(ord("a") + index))
    for index, nic in enumerate(machine.nics):
        _nic(devices, nic, index, rom=machine.firmware != "uefi")
    serial = ET.SubElement(devices, "serial", type="file")
    ET.SubElement(serial, "source", path=f"{machine.directory}/console.log", append="on")
    ET.SubElement(serial, "target", port="0")
    ET.SubElement(devices, "memballoon", model="none")
    rng = ET.SubElement(devices, "rng", model="virtio")
    _text(rng, "backend", "/dev/urandom", model="random")


def _disk(devices: ET.Element, disk: Disk, letter: str) -> None:
    """Add a disk. virtio-blk has no WWN, so a disk with a WWN is attached to a virtio SCSI controller."""
    bus, target = ("scsi", f"sd{letter}") if disk.wwn else ("virtio", f"vd{letter}")
    element = ET.SubElement(devices, "disk", type="file", device="disk")
    ET.SubElement(element, "driver", name="qemu", type="raw", cache="unsafe", discard="unmap")
    ET.SubElement(element, "source", file=disk.file)
    ET.SubElement(element, "target", dev=target, bus=bus)
    if disk.serial:
        _text(element, "serial", disk.serial)
    if disk.wwn:
        _text(element, "wwn", disk.wwn.lower().removeprefix("0x"))


def _nic(devices: ET.Element, nic: Nic, index: int, rom: bool) -> None:
    element = ET.SubElement(devices, "interface", type="ethernet")
    ET.SubElement(element, "mac", address=nic.mac)
    ET.SubElement(element, "target", dev=nic.tap, managed="no")
    ET.SubElement(element, "model", type="virtio")
    driver = ET.SubElement(element, "driver", name="qemu")
    # Mergeable buffers stay on: without them Linux allocates buffers for 1500 bytes, whatever the NIC's MTU is.
    ET.SubElement(driver, "host", {**dict.fromkeys(_HOST_OFFLOADS, "off"), "mrg_rxbuf": "on"})
    ET.SubElement(driver, "guest", dict.fromkeys(_GUEST_OFFLOADS, "off"))
    ET.SubElement(element, "rom", enabled="yes" if rom else "no")
    ET.SubElement(element, "alias", name=f"ua-n{index}")


def _link_speeds(domain: ET.Element, machine: Machine) -> None:
    override = ET.SubElement(domain, f"{{{QEMU}}}override")
    for index in range(len(machine.nics)):
        device = ET.SubElement(override, f"{{{QEMU}}}device", alias=f"ua-n{index}")
        frontend = ET.SubElement(device, f"{{{QEMU}}}frontend")
        ET.SubElement(frontend, f"{{{QEMU}}}property", name="speed", type="signed", value="10000")
        ET.SubElement(frontend, f"{{{QEMU}}}property", name="duplex", type="string", value="full")
