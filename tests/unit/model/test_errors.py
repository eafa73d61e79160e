# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check of the model as a case: the difference to a valid model, and the complete error text."""

# ruff: noqa: E501  (messages are quoted completely)
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.model.checks import Report
from ansible_collections.groundup.cloud.plugins.module_utils.model.clear_text import warn_of_clear_text
from ansible_collections.groundup.cloud.plugins.module_utils.model.fields import KeySpec, keys_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load, load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.schema import is_record
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import Cloud

from .base import REMOVED, model

BMC = {"address": "10.20.0.103", "password": "{{ v }}"}
N1, N2 = "machines.node1", "machines.node2"
UUID = "4c4c4544-0044-4810-8031-b3c04f4a4d32"
SWAPPED, ZERO = "44454c4c-4400-1048-8031-b3c04f4a4d32", "00000000-0000-0000-0000-000000000000"


def third(**keys: Any) -> dict[str, Any]:
    """A third machine with the keys of a case."""
    nics = {"nic0": {"mac": "52:54:00:00:03:00", "port": "leaf1/Ethernet3"}}
    return {"nics": nics, "networks": ["management", "cluster"], **keys}


ONE_NIC = {"nic0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}}
OTHER_NIC_NAME = "give it another name, such as nic0 or the one that its driver and slot make, enp1s0"
ROUTE = "remove the route, or give a destination behind the router"
CASES: dict[str, tuple[dict[str, Any], list[str]]] = {}


def case(name: str, changes: dict[str, Any], *expected: str) -> None:
    CASES[name] = (changes, list(expected))


# fmt: off
case("valid model", {})
# names and keys
case("unknown key", {f"{N1}.roels": []}, f"{N1}.roels: is an unknown key; did you mean roles?")
case("unknown key at the top", {"machine": {}}, "machine: is an unknown key; did you mean machines?")
case("mistyped keys beside those of the cloud", {"default": {}, "keyed_group": []},
     "default: is an unknown key; did you mean defaults?", "keyed_group: is an unknown key; did you mean keyed_groups?")
case("defaults of no section", {"defaults": {"machines": {}, "network": 7}},
     "defaults.machines: is not a kind that takes defaults; did you mean machine?",
     "defaults.network: 7 is not a mapping; give keys and values")
case("unknown word", {f"{N1}.firmware": "efi"},
     f"{N1}.firmware: efi is not one of uefi, bios (did you mean uefi?); choose one of them")
case("bad host name", {"machines.Node_3": third()},
     "machines.Node_3: Node_3 is not a valid host name; use lower-case letters, digits and inner dashes, with dots in a fully "
     "qualified name, at most 63 characters")

case("reserved name", {"machines.compute": third(number=3)},
     "machines.compute: compute is reserved: the inventory has a host or group of that name; give it another name")
case("machine named as a switch", {"machines.leaf1": third(number=3)},
     "switches.leaf1: leaf1 is also the name of a machine; give it another name")
case("no number", {"machines.web": third()},
     "machines.web: has no number: its name does not end in digits; give number: N, one that no other machine has")
case("number used twice", {"machines.web": third(number=2)},
     "machines.web.number: 2 is already the number of machines.node2; give it another number; numbers make addresses and must "
     "never change")
# hardware
case("MAC twice", {f"{N2}.nics.nic0.mac": "52:54:00:00:01:01"},
     f"{N2}.nics.nic0.mac: 52:54:00:00:01:01 is already the MAC of {N1}.nics.nic1; take it from the machine's label or BMC")
case("MAC that YAML read as a number", {f"{N2}.nics.nic0.mac": 41135040061},
     f'{N2}.nics.nic0.mac: 41135040061 is not a string; give six bytes in quotes, such as "52:54:00:00:01:01" (in quotes if '
     "YAML would read it as another type)")
case("multicast MAC", {f"{N2}.nics.nic0.mac": "01:54:00:00:01:01"},
     f"{N2}.nics.nic0.mac: 01:54:00:00:01:01 is not a unicast MAC address; give the MAC address printed on the card")
case("WWN twice", {f"{N1}.root_disk": {"wwn": "0x5000C500A1B2C3D4"}, f"{N2}.root_disk": {"wwn": "naa.5000c500a1b2c3d4"}},
     f"{N2}.root_disk.wwn: naa.5000c500a1b2c3d4 is already the disk {N1}.root_disk; take it from the disk")
case("root disk's serial twice", {f"{N2}.root_disk": {"serial": "R1"}},
     f"{N2}.root_disk.serial: R1 is already the disk {N1}.root_disk; take it from the disk")
case("machine's serial twice", {f"{N1}.identity": {"serial": "X7"}, f"{N2}.identity": {"serial": "X7"}},
     f"{N2}.identity.serial: X7 is already the identity of {N1}; take it from the machine or its BMC")
case("machine's UUID twice", {f"{N1}.identity": {"uuid": UUID.upper()}, f"{N2}.identity": {"uuid": UUID}},
     f"{N2}.identity.uuid: {UUID} is already the identity of {N1}; take it from the machine or its BMC")
case("machine's serial twice in other letters", {f"{N1}.identity": {"serial": "czj1"}, f"{N2}.identity": {"serial": "CZJ1"}},
     f"{N2}.identity.serial: CZJ1 is already the identity of {N1}; take it from the machine or its BMC")
case("machine's UUID twice in both byte orders", {f"{N1}.identity": {"uuid": UUID}, f"{N2}.identity": {"uuid": SWAPPED}},
     f"{N2}.identity.uuid: {SWAPPED} is already the identity of {N1}; take it from the machine or its BMC")
case("what makers leave in the place of an identity", {
    f"{N1}.identity": {"serial": "To be filled by O.E.M."}, f"{N2}.identity": {"serial": "CZJ1", "uuid": ZERO}},
     f"{N1}.identity.serial: To be filled by O.E.M. is what makers leave where there is none, so it proves nothing and is not "
     "compared; give what is on the machine's label, or remove serial",
     f"{N2}.identity.uuid: {ZERO} is what makers leave where there is none, so it proves nothing and is not compared; give what "
     "is on the machine's label, or remove uuid")
case("no UUID", {f"{N2}.identity": {"uuid": "4c4c4544"}},
     f"{N2}.identity.uuid: 4c4c4544 is not a valid UUID; give it as the BMC prints it, such as 4c4c4544-0044-4810-8031-b3c04f4a4d32")
case("empty identity", {f"{N2}.identity": {}}, f"{N2}.identity: has neither serial nor uuid; give serial or uuid, or remove the key")
case("serial twice", {f"{N2}.storage_disks": [{"serial": "S1"}]},
     f"{N2}.storage_disks[0].serial: S1 is already the disk {N1}.storage_disks[0]; take it from the disk")
case("root disk as storage disk", {f"{N2}.storage_disks": [{"serial": "R2"}]},
     f"{N2}.storage_disks[0]: R2 is also the root disk; remove it from storage_disks")
case("serial twice in other letters", {f"{N2}.storage_disks": [{"serial": "s1"}]},
     f"{N2}.storage_disks[0].serial: s1 is already the disk {N1}.storage_disks[0]; take it from the disk")
case("WWN as udev and as a management controller writes it",
     {f"{N1}.root_disk": {"wwn": "wwn-0x5000c500a1b2c3d4"}, f"{N2}.root_disk": {"wwn": "50:00:C5:00:A1:B2:C3:D4"}},
     f"{N2}.root_disk.wwn: 50:00:C5:00:A1:B2:C3:D4 is already the disk {N1}.root_disk; take it from the disk")
case("root disk as storage disk by WWN", {f"{N2}.root_disk": {"wwn": "35000c500a1b2c3d4"},
                                          f"{N2}.storage_disks": [{"wwn": "0x5000C500A1B2C3D4"}]},
     f"{N2}.storage_disks[0]: 0x5000C500A1B2C3D4 is also the root disk; remove it from storage_disks")
case("name of a device for a disk", {f"{N2}.root_disk": {"serial": "/dev/sda"}},
     f"{N2}.root_disk.serial: /dev/sda is a name that another disk may have after the next start; "
     "give what `lsblk -o NAME,SERIAL,WWN` shows for the disk")
case("name of a device for a storage disk", {f"{N2}.storage_disks": [{"wwn": "nvme0n1"}]},
     f"{N2}.storage_disks[0].wwn: nvme0n1 is a name that another disk may have after the next start; "
     "give what `lsblk -o NAME,SERIAL,WWN` shows for the disk")
case("disk without serial or WWN", {f"{N2}.storage_disks": [{}]},
     f"{N2}.storage_disks[0]: has neither serial nor wwn; give serial or wwn")
case("no root disk", {f"{N2}.root_disk": REMOVED},
     f"{N2}.root_disk: is missing: a deployment needs it; give {{serial: …}} or {{wwn: …}}")
case("BMC address twice", {f"{N2}.bmc.address": "10.20.0.101"},
     f"{N2}.bmc.address: 10.20.0.101 is already the BMC of {N1}; give its own address")
case("two machines with one BMC address", {f"{N2}.bmc.address": "10.20.0.101", f"{N2}.bmc.system": "2", f"{N1}.bmc.system": "1"})
case("BMC without a password", {f"{N2}.bmc.password": REMOVED},
     f'{N2}.bmc.password: is missing; give it from a vault: password: "{{{{ vault_bmc }}}}"')
case("TLS for IPMI", {f"{N2}.bmc.protocol": "ipmi", f"{N2}.bmc.tls": {"ca_file": "/ca.pem"}},
     f"{N2}.bmc.tls: is for redfish: IPMI has no TLS; remove it, or write protocol: redfish")
case("CA and fingerprint", {f"{N2}.bmc.tls": {"ca_file": "/ca.pem", "fingerprint": "ab" * 32}},
     f"{N2}.bmc.tls: has a CA and a fingerprint; keep one of ca_file and fingerprint")
case("unit taken", {f"{N2}.location.unit": 1},
     f"{N2}.location.unit: 1 is taken: {N1} stands in unit 1 of rack r1; name a free unit")
case("unit out of range", {f"{N2}.location.unit": 101},
     f"{N2}.location.unit: 101 is out of range for rack unit; give a whole number from 1 to 100")
case("labels and taints of nodes", {f"{N2}.labels": {"bad key": "a", "example.net/b": "x y", "empty": ""}, f"{N2}.taints": [{"key": "-x"}]},
     f"{N2}.labels.bad key: bad key is not a valid label key of Kubernetes; write NAME or DOMAIN/NAME, such as example.net/gpu",
     f"{N2}.labels.example.net/b: x y is not a valid label value; give letters, digits and inner dashes, dots or underscores, at most 63 "
     "characters",
     f"{N2}.taints[0].key: -x is not a valid label key of Kubernetes; write NAME or DOMAIN/NAME, such as example.net/gpu")
case("no public key", {"access.public_keys": ["AAAA"]},
     "access.public_keys[0]: AAAA is not a valid public ssh key; give one line of a .pub file, such as ssh-ed25519 AAAA… me")
case("private key", {"access.public_keys": ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn"]},
     "access.public_keys[0]: (hidden) is a private key; give one line of a .pub file, such as ssh-ed25519 AAAA… me, and keep the private key secret")
case("unknown image", {f"{N2}.os": "debian-31"}, f"{N2}.os: debian-31 is not an image; did you mean debian-13?")
case("firmware of a downloaded image",
     {"images.big": {"url": "https://example.net/big.raw", "sha256": "a" * 64, "non_free_firmware": False}},
     "images.big.non_free_firmware: false has no effect on a downloaded image; remove the key, or write source: build and no url")
case("place of an image of one's own", {"bundle": {"images": {"a.b/c:1": "/srv/c", "pause": "oci:/srv/pause"}}},
     "bundle.images.a.b/c:1: /srv/c is not a valid place of an image; write it as skopeo does: oci:/PATH, oci-archive:/FILE, "
     "docker-archive:/FILE, dir:/PATH or docker://HOST/NAME:TAG",
     "bundle.images.pause: pause is not a valid image reference; write HOST/NAME:TAG as in the bundle's lock")
case("image without a digest", {"images.big": {"url": "https://example.net/big.raw"}},
     "images.big.sha256: is missing: a downloaded image must be verified; give the SHA-256 of the image")
case("ways to boot that do not work yet", {f"{N1}.deploy": {"via": ["pxe", "media"]}, f"{N2}.deploy": {"via": ["http", "htp"]}},
     f"{N1}.deploy.via[1]: media does not work before release 0.7.0; choose pxe",
     f"{N2}.deploy.via[0]: http does not work before release 0.7.0; choose pxe",
     f"{N2}.deploy.via[1]: htp is not one of pxe; choose one of them")
# cables
case("port twice", {f"{N2}.nics.nic1.port": "leaf2/Ethernet1"},
     f"{N2}.nics.nic1.port: leaf2/Ethernet1 is already cabled to {N1}.nics.nic1; name another port")
case("port twice: BMC", {f"{N2}.bmc.switch_port": "leaf2/Ethernet1"},
     f"{N2}.bmc.switch_port: leaf2/Ethernet1 is already cabled to {N1}.nics.nic1; name another port")
case("port twice: uplink", {"switches.leaf1.uplinks": {"Ethernet1": {"networks": ["all"]}}},
     f"{N1}.nics.nic0.port: leaf1/Ethernet1 is already cabled to switches.leaf1.uplinks.Ethernet1; name another port")
case("no such switch", {f"{N2}.nics.nic1.port": "leaf3/Ethernet1"},
     f"{N2}.nics.nic1.port: leaf3/Ethernet1 names an unknown switch: there is no switches.leaf3; did you mean leaf2?")
case("no such port", {f"{N2}.nics.nic1.port": "leaf2/Ethernet9"},
     f"{N2}.nics.nic1.port: leaf2/Ethernet9 does not exist on leaf2; did you mean Ethernet8?")
case("no port at all", {f"{N2}.nics.nic1.port": "leaf2"},
     f"{N2}.nics.nic1.port: leaf2 is not a switch port; write SWITCH/PORT, such as leaf1/Ethernet1")
case("MLAG on one side", {"switches.leaf2.mlag": REMOVED},
     "switches.leaf1.mlag: leaf2 is declared on one side only: switches.leaf2.mlag says no MLAG; write switches.leaf2.mlag: "
     "leaf1, or remove this key")
case("LACP over switches without MLAG", {"switches.leaf1.mlag": REMOVED, "switches.leaf2.mlag": REMOVED},
     *[f"{node}.bond: spans leaf1, leaf2, which are not an MLAG pair; declare mlag on both, cable it to one switch, or write "
       "mode: active-backup" for node in (N1, N2)])
case("active-backup over switches without MLAG", {"switches.leaf1.mlag": REMOVED, "switches.leaf2.mlag": REMOVED,
                                     "defaults": {"machine": {"bond": {"mode": "active-backup"}}}})
case("bond of a NIC that isn't there", {f"{N2}.bond": {"members": ["nic0", "nic2"]}},
     f"{N2}.bond.members[1]: nic2 is not a NIC of node2; did you mean nic1?")
case("boot NIC outside of the bond", {f"{N2}.bond": {"members": ["nic0"]}, f"{N2}.boot_nic": "nic1"},
     f"{N2}.boot_nic: nic1 is not in the bond, which carries the provision network; choose one of nic0, or add it to "
     "bond.members")
case("Open vSwitch without a database", {"switches.leaf1": {"platform": "openvswitch", "address": "10.20.0.11"},
                                        "switches.leaf2.mlag": REMOVED, "defaults": {"machine": {"bond": {"mode": "active-backup"}}}},
     "switches.leaf1.database: is missing; give database: unix:/PATH/db.sock or ssl:HOST:6640")
case("VLAN the port can't carry", {"switches.leaf1.vlans": [10, "20-29", "100-199"]},
     "switches.leaf1.vlans: 30 is missing: the VLAN of networks.cluster, which machines.node1 and 1 more need; add it, or remove cluster there")
case("tenants' VLANs the port can't carry", {"switches.leaf1.vlans": ["10-30"]},
     "switches.leaf1.vlans: 100 (of 100-199) is missing: the VLAN of networks.tenants, which machines.node1 and 1 more need; add "
     "it, or remove tenants there")
case("tenants' VLANs only where compute is", {"switches.leaf1.vlans": ["10-30"], f"{N1}.roles": ["control_plane"], f"{N2}.roles": ["storage"]})
case("VLAN the uplink can't carry",
     {"networks.dmz": {"vlan": 50}, "switches.leaf1.vlans": ["10-30", "100-199"], "switches.leaf1.uplinks": {"Ethernet8": {"networks": ["all"]}}},
     "switches.leaf1.vlans: 50 is missing: the VLAN of networks.dmz, which switches.leaf1.uplinks.Ethernet8 needs; add it, or remove dmz there")
case("BMC port without a VLAN", {f"{N2}.bmc.address": "192.168.1.1", f"{N2}.bmc.switch_port": "leaf1/Ethernet8"},
     f"{N2}.bmc.switch_port: leaf1/Ethernet8 has no VLAN: 192.168.1.1 is in no network; add the network of the BMCs, or remove switch_port")
case("MTU above the ports'", {"networks.cluster.mtu": 9000, "switches.leaf2.mtu": 1500},
     "networks.cluster.mtu: 9000 is above the 1500 bytes of switches.leaf2.mtu, whose ports carry it to machines.node1 and 1 more; "
     "raise the lower value or reduce the higher one")
case("tenants' MTU above the ports'", {"networks.tenants.mtu": 9000, "switches.leaf2.mtu": 1500},
     "networks.tenants.mtu: 9000 is above the 1500 bytes of switches.leaf2.mtu, whose ports carry it to machines.node1 and 1 more; "
     "raise the lower value or reduce the higher one")
case("MTU above the uplink's", {"networks.dmz": {"vlan": 50, "mtu": 9300}, "switches.leaf1.uplinks": {"Ethernet8": {"networks": ["all"]}}},
     "networks.dmz.mtu: 9300 is above the 9216 bytes of switches.leaf1.mtu, whose ports carry it to "
     "switches.leaf1.uplinks.Ethernet8; raise the lower value or reduce the higher one")
case("bond's MTU above the ports'", {f"{N2}.bond": {"mtu": 9300}, "switches.leaf1.mtu": 9500},
     f"{N2}.bond.mtu: 9300 is above the 9216 bytes of switches.leaf2.mtu; raise the lower value or reduce the higher one")
case("MTU above the bond's", {"networks.cluster.mtu": 9000, f"{N2}.bond": {"mtu": 1500}},
     f"{N2}.bond.mtu: 1500 is less than the 9000 of networks.cluster.mtu; raise the lower value or reduce the higher one")
case("interface name too long", {f"{N2}.bond": {"name": "the-only-bond"}},
     f"{N2}: the-only-bond.20 is too long for an interface (15 characters); give the bond or the NIC a shorter name")
case("tenants' MTU above the bond's", {"networks.tenants.mtu": 9000, f"{N2}.bond": {"mtu": 1500}},
     f"{N2}.bond.mtu: 1500 is less than the 9000 of networks.tenants.mtu; raise the lower value or reduce the higher one")
case("NIC name too long", {f"{N2}.nics.a-card-in-slot-4": {"mac": "52:54:00:00:02:02", "port": "leaf1/Ethernet3"}, f"{N2}.bond": {"members": ["nic0", "nic1"]}},
     f"{N2}.nics.a-card-in-slot-4: a-card-in-slot-4 is too long for an interface (15 characters); give the bond or the NIC a "
     "shorter name")
case("NIC name reserved by the kernel", {f"{N2}.nics.lo": {"mac": "52:54:00:00:02:02", "port": "leaf1/Ethernet3"}, f"{N2}.bond": {"members": ["nic0", "nic1"]}},
     f"{N2}.nics.lo: lo is a reserved name of the kernel; give the NIC another name")
case("NIC names that udev can't give", {f"{N2}.bond": {"members": ["eth0", "1"], "name": "eth7"}, f"{N2}.nics": {
         "eth0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}, "1": {"mac": "52:54:00:00:02:01", "port": "leaf2/Ethernet2"}}},
     *[f"{N2}.{key}: {name} is a name that the kernel gives, so udev can't give it to a certain NIC; {OTHER_NIC_NAME}"
       for key, name in (("nics.eth0", "eth0"), ("bond.name", "eth7"))],
     f"{N2}.nics.1: 1 is a number, which is no name of an interface; {OTHER_NIC_NAME}")
case("names of NICs as drivers and slots make them", {f"{N2}.nics": {
    "enp1s0f0np0": {"mac": "52:54:00:00:02:00", "port": "leaf1/Ethernet2"}, "eno2": {"mac": "52:54:00:00:02:01", "port": "leaf2/Ethernet2"}}})
case("bond members of a machine with one NIC", {f"{N2}.nics": ONE_NIC, f"{N2}.bond": {"members": ["nic0", "nic1"]}},
     f"{N2}.bond.members[1]: nic1 is not a NIC of node2; did you mean nic0?, or write bond: {{members: null}}: with one NIC there is no bond")
case("bond members that a machine with one NIC inherits",
     {f"{N2}.nics": ONE_NIC, "defaults": {"machine": {"bond": {"members": ["nic0", "nic1"]}}}})
case("bond members that a machine with other NICs inherits",
     {f"{N2}.nics": {**ONE_NIC, "nic2": {"mac": "52:54:00:00:02:01"}}, "defaults": {"machine": {"bond": {"members": ["nic0", "nic1"]}}}},
     f"{N2}.bond.members[1] (from defaults.machine.bond.members): nic1 is not a NIC of node2; did you mean nic2?")
# BMCs
case("BMC by host name", {f"{N2}.bmc": {"address": "Node2-BMC.example.net", "password": "{{ v }}", "tls": {"ca_file": "/ca.pem"}}})
case("BMC by host name on a port", {f"{N2}.bmc": {"address": "node2-bmc", "password": "{{ v }}", "switch_port": "leaf1/Ethernet8"}},
     f"{N2}.bmc.switch_port: leaf1/Ethernet8 has no VLAN: node2-bmc is a host name; give {N2}.bmc.network")
case("BMC by host name on a port of a network", {f"{N2}.bmc": {
    "address": "node2-bmc", "password": "{{ v }}", "switch_port": "leaf1/Ethernet8", "network": "management"}})
case("BMC whose address is mistyped", {f"{N2}.bmc.address": "10.20.0.300"},
     f"{N2}.bmc.address: 10.20.0.300 is not an IP address; give an IPv4 or IPv6 address such as 10.20.0.11")
case("BMC in networks that do not fit", {f"{N1}.bmc.network": "mangement", f"{N2}.bmc.network": "cluster"},
     f"{N1}.bmc.network: mangement is not a network; did you mean management?",
     f"{N2}.bmc.network: cluster does not contain 10.20.0.102; correct one of network and address")
case("BMC in a network of many VLANs", {f"{N2}.bmc": {"address": "node2-bmc", "password": "{{ v }}", "network": "tenants"}},
     f"{N2}.bmc.network: tenants has several VLANs; name a network with one vlan")
case("BMC that shares the boot NIC", {f"{N2}.bmc.switch_port": "leaf1/Ethernet2"})
case("BMC that shares the other NIC of a LAG", {f"{N2}.bmc.switch_port": "leaf2/Ethernet2"},
     f"{N2}.bmc.switch_port: leaf2/Ethernet2 is the port of nic1, and while the machine is off only the port of nic0 forwards; let "
     "the BMC share the NIC that the machine boots from, or write bond: {mode: active-backup}")
case("BMC that shares a NIC, and a VLAN that its switch can't carry",
     {f"{N2}.bmc.switch_port": "leaf1/Ethernet2", f"{N2}.networks": ["cluster"], f"{N1}.networks": ["cluster"],
      "switches.leaf2.vlans": [10, 30, "100-199"]},
     "switches.leaf2.vlans: 20 is missing: the VLAN of networks.management, which machines.node2 needs; add it, or remove "
     "management there")
# racks
case("two machines of half the width in one unit", {f"{N1}.location.side": "left", f"{N2}.location": {"rack": "r1", "unit": 1, "side": "right"}})
case("two machines on one side of a unit", {f"{N1}.location.side": "left", f"{N2}.location": {"rack": "r1", "unit": 1, "side": "left"}},
     f"{N2}.location.unit: 1 is taken: {N1} stands on the left of unit 1 of rack r1; name a free unit")
case("a side of no unit", {f"{N2}.location": {"rack": "r1", "side": "left"}},
     f"{N2}.location.side: left needs a unit; give {N2}.location.unit")
case("bond named as a NIC", {f"{N2}.bond": {"name": "nic0"}},
     f"{N2}.bond.name: nic0 is also the name of a NIC; give the bond a name of its own")
case("MLAG of two platforms", {"switches.leaf2.platform": "openvswitch", "switches.leaf2.database": "unix:/x"},
     "switches.leaf2.platform: openvswitch is not the unmanaged of switches.leaf1, its MLAG peer; pair switches of one platform")
case("MLAG with itself", {"switches.leaf1.mlag": "leaf1"},
     "switches.leaf1.mlag: leaf1 is the switch itself; name the other switch of the pair",
     "switches.leaf2.mlag: leaf1 is declared on one side only: switches.leaf1.mlag says leaf1; write switches.leaf1.mlag: leaf2, "
     "or remove this key",)
case("MLAG with an unknown switch", {"switches.leaf1.mlag": "leaf9", "switches.leaf2.mlag": REMOVED},
     "switches.leaf1.mlag: leaf9 is not a switch; did you mean leaf2?",
     *[f"{node}.bond: spans leaf1, leaf2, which are not an MLAG pair; declare mlag on both, cable it to one switch, or write "
       "mode: active-backup" for node in (N1, N2)])
case("ports with leading zeros", {"switches.leaf1.ports": ["Ethernet01-08"]},
     *[f"{node}.nics.nic0.port: leaf1/Ethernet{n} does not exist on leaf1; did you mean Ethernet0{n}?"
       for node, n in ((N1, 1), (N2, 2))])
case("descending port range", {"switches.leaf1.ports": ["Ethernet1-8", "e9-7"]},
     "switches.leaf1.ports[1]: e9-7 is not a range of ports; write it as Ethernet1-48")
case("ranges of ports in other notations",
     {"switches.leaf1.ports": ["Ethernet1-8", "Ethernet1/1-1/48", "swp1-swp48", "1/1-2/48", "Ethernet1,3", "Ethernet[1-4]",
                              "swp1..48"]},
     *[f"switches.leaf1.ports[{i}]: {text} is not a range of ports; write it as {right}" for i, text, right in (
         (1, "Ethernet1/1-1/48", "Ethernet1/1-48"), (2, "swp1-swp48", "swp1-48"), (3, "1/1-2/48", "Ethernet1-48"))],
     *[f"switches.leaf1.ports[{i}]: {text} is neither a port nor a range of ports; list ports and ranges such as Ethernet1-48"
       for i, text in ((4, "Ethernet1,3"), (5, "Ethernet[1-4]"), (6, "swp1..48"))])
case("names of ports with dashes and ranges of them", {"switches.leaf1.ports": ["Ethernet1-8", "xe-0/0/1", "et-0/1/0-47", "1/1/c1/1"]})
case("a port that no driver takes", {f"{N2}.nics.nic1.port": "leaf2/Eth$2"},
     f"{N2}.nics.nic1.port: leaf2/Eth$2 is not a switch port; write SWITCH/PORT, such as leaf1/Ethernet1")
case("access port with many VLANs", {"switches.leaf1.uplinks": {"Ethernet8": {"networks": ["all"], "mode": "access"}}},
     "switches.leaf1.uplinks.Ethernet8.mode: access carries one VLAN only; write mode: trunk, or name one network with one VLAN")
# networks
case("VLAN out of range", {"networks.cluster.vlan": 4095},
     "networks.cluster.vlan: 4095 is out of range for VLAN id; give a whole number from 1 to 4094")
case("VLAN twice", {"networks.cluster.vlan": 20},
     "networks.cluster.vlan: 20 is already used by networks.management.vlan; give another VLAN")
case("VLAN in a range", {"networks.cluster.vlan": 150},
     "networks.tenants.vlans: 150 is already used by networks.cluster.vlan; give a range without it")
case("no VLAN", {"networks.cluster.vlan": REMOVED},
     "networks.cluster.vlan: is missing; give vlan: ID, or vlans: FIRST-LAST for networks of tenants")
case("network named all", {"networks.all": {"vlan": 60}},
     "networks.all: all is reserved: uplinks say [all] for every network; give it another name")
case("bad names", {"networks.Dmz_1": {"vlan": 60}, "switches.leaf 3": {"platform": "unmanaged", "address": "10.20.0.13"}, "name": "-rack",
                   f"{N2}.location.rack": "_r1"},
     *[f"{path}: {name} is not a valid DNS label; use lower-case letters, digits and inner dashes, at most 63 characters"
       for path, name in (("networks.Dmz_1", "Dmz_1"), ("name", "-rack"))],
     *[f"{path}: {name} is not a valid name of a device; use letters, digits and inner dashes, dots or underscores, at most 63 characters"
       for path, name in (("switches.leaf 3", "leaf 3"), (f"{N2}.location.rack", "_r1"))])
case("racks and switches with the names people have",
     {"switches.SPINE_01": {"platform": "unmanaged", "address": "10.20.0.13"}, "switches.Leaf-3_b": {"platform": "unmanaged", "address": "10.20.0.14"},
      f"{N1}.location.rack": "DC1_R07.a", f"{N2}.nics.nic2": {"mac": "52:54:00:00:02:02", "port": "SPINE_01/Eth1/1"},
      f"{N2}.bond": {"members": ["nic0", "nic1"]}})
case("two spellings of a name", {"switches.LEAF1": {"platform": "unmanaged", "address": "10.20.0.13"}, f"{N2}.location.rack": "R1"},
     "switches.LEAF1: LEAF1 differs from leaf1 in case only; give it another name",
     f"{N2}.location.rack: R1 differs from the rack r1 in case or punctuation only; write every name of a rack in one way, since "
     "inventory groups take letters, digits and _ only")
case("a switch in the wrong case", {f"{N2}.nics.nic1.port": "LEAF2/Ethernet2"},
     f"{N2}.nics.nic1.port: LEAF2/Ethernet2 names an unknown switch: there is no switches.LEAF2; did you mean leaf2?")
case("subnets overlap", {"networks.cluster.subnet": "10.20.0.128/25", "kubernetes.endpoint": "10.20.0.200"},
     "networks.cluster.subnet: 10.20.0.128/25 overlaps 10.20.0.0/24 of networks.management.subnet; give a subnet that is free")
case("subnet overlaps pods", {"kubernetes.pods": "10.30.0.0/16"},
     "kubernetes.pods: 10.30.0.0/16 overlaps 10.30.0.0/24 of networks.cluster.subnet; give a subnet that is free")
case("pods overlap services", {"kubernetes.services": "10.64.0.0/16"},
     "kubernetes.services: 10.64.0.0/16 overlaps 10.64.0.0/14 of kubernetes.pods; give a subnet that is free")
case("multicast subnet", {"networks.dmz": {"vlan": 50, "subnet": "224.0.0.0/24"}},
     "networks.dmz.subnet: 224.0.0.0/24 is not a subnet for hosts; give a private one, such as 10.20.0.0/24")
case("addresses that are not unicast", {f"{N2}.bmc.address": "fe80::1%eth0", "switches.leaf1.address": "224.0.0.1", "dns": {"servers": ["0.0.0.0"]}},
     *[f"{path}: {value} is not an address of a single device in a network; give an IPv4 or IPv6 address such as 10.20.0.11"
       for path, value in ((f"{N2}.bmc.address", "fe80::1%eth0"), ("switches.leaf1.address", "224.0.0.1"), ("dns.servers[0]", "0.0.0.0"))])
case("ports out of range", {"firewall": {"open": ["tcp/99999", "tcp/80-70", "udp/1-65535"]}},
     *[f"firewall.open[{i}]: {value} is out of range; write tcp/PORT, udp/PORT or tcp/FIRST-LAST with ports from 1 to 65535"
       for i, value in enumerate(("tcp/99999", "tcp/80-70"))])
case("two services on one port", {"provisioner": {"http_port": 5000}},
     "provisioner.registry_port (the default): 5000 is also its http_port; give another port")
case("a port of the provisioner that is the default of the other", {"provisioner": {"registry_port": 8080}},
     "provisioner.registry_port: 8080 is also its http_port (the default); give another port")
case("host bits", {"networks.cluster.subnet": "10.30.0.1/24"},
     "networks.cluster.subnet: 10.30.0.1/24 has host bits set; write 10.30.0.0/24")
case("gateway on the broadcast address", {"networks.management.gateway": "10.20.0.255"},
     "networks.management.gateway: 10.20.0.255 is the network or broadcast address of 10.20.0.0/24; give another address of it")
case("gateway outside", {"networks.management.gateway": "10.21.0.1"},
     "networks.management.gateway: 10.21.0.1 is outside 10.20.0.0/24; give an address of 10.20.0.0/24")
case("two native networks", {"networks.cluster.native": True},
     "networks.cluster.native: true is a second native network: networks.provision is also native; keep one native network: the one that machines boot in")
case("no provision network", {"networks.provision.native": False},
     "networks: include no provision network, but machines.node1 has a BMC and is to be deployed; mark one network native: true")
case("machine in a network without subnet", {f"{N2}.networks": ["cluster", "tenants"]},
     f"{N2}.networks[1]: tenants has no subnet, so machines can't have an address in it; give networks.tenants.subnet, or remove the network here")
case("machine in an unknown network", {f"{N2}.networks": ["cluster", "storage"]},
     f"{N2}.networks[1]: storage is not a network; choose from: cluster, management, provision, tenants")
# routes that can't work
case("routes that work", {"networks.cluster.routes": [{"to": "10.0.0.0/8", "via": "10.30.0.1"}, {"to": "10.99.0.0/16", "via": "10.30.0.2"}]})
case("route of another IP version", {"networks.cluster.routes": [{"to": "fd00:9::/64", "via": "10.30.0.1"}]},
     "networks.cluster.routes[0].to: fd00:9::/64 is IPv6, and networks.cluster is IPv4; give an IPv4 destination, or write the route "
     "into a network of its IP version")
case("route into its own network", {"networks.cluster.routes": [{"to": "10.30.0.0/24", "via": "10.30.0.1"}, {"to": "10.30.0.128/25", "via": "10.30.0.1"}]},
     *[f"networks.cluster.routes[{i}].to: {to} is inside 10.30.0.0/24, which machines reach without a router; {ROUTE}"
       for i, to in enumerate(("10.30.0.0/24", "10.30.0.128/25"))])
case("route into another network of the machines", {"networks.cluster.routes": [{"to": "10.20.0.0/24", "via": "10.30.0.1"}]},
     "networks.cluster.routes[0].to: 10.20.0.0/24 is in networks.management, which machines.node1 reaches without a router; remove "
     "one of them, or take the machine out of one of the networks")
case("two default routes of a network", {"networks.management.routes": [{"to": "0.0.0.0/0", "via": "10.20.0.5"}]},
     "networks.management.routes[0].to: 0.0.0.0/0 is a second default route beside networks.management.gateway; keep one of gateway "
     "and this route")
case("two default routes of a machine", {"networks.cluster.routes": [{"to": "0.0.0.0/0", "via": "10.30.0.5"}]},
     "networks.cluster.routes[0].to: 0.0.0.0/0 is a second default route of machines.node1, beside networks.management.gateway; "
     "remove one of them, or take the machine out of one of the networks")
case("one destination twice", {"networks.cluster.routes": [{"to": "10.99.0.0/16", "via": "10.30.0.5"}, {"to": "10.99.0.0/16", "via": "10.30.0.6"}],
                              "networks.management.routes": [{"to": "10.99.0.0/16", "via": "10.20.0.6"}]},
     "networks.cluster.routes[1].to: 10.99.0.0/16 is already the destination of networks.cluster.routes[0]; keep one of the two routes",
     "networks.cluster.routes[0].to: 10.99.0.0/16 is also a destination in networks.management.routes, and machines.node1 is in both; "
     "remove one of them, or take the machine out of one of the networks")
case("route to nowhere", {"networks.cluster.routes": [{"to": "127.0.0.0/8", "via": "10.30.0.5"}]},
     "networks.cluster.routes[0].to: 127.0.0.0/8 is not a destination of routers; give a network of hosts")
case("route by a machine that has it", {"networks.cluster.routes": [{"to": "10.99.0.0/16", "via": "10.30.0.22"}]},
     "networks.cluster.routes[0].via: 10.30.0.22 is the address of machines.node2, which has this route as well; name a router that "
     "is no machine of this network")
case("routes without a subnet", {"networks.tenants.routes": [{"to": "10.99.0.0/16", "via": "10.30.0.22"}]},
     "networks.tenants.routes: need a subnet; give networks.tenants.subnet, or remove the routes")
# addresses
case("explicit address outside", {f"{N2}.addresses": {"cluster": "10.31.0.7"}},
     f"{N2}.addresses.cluster: 10.31.0.7 is outside 10.30.0.0/24; give an address of 10.30.0.0/24")
case("explicit address taken", {f"{N2}.addresses": {"cluster": "10.30.0.21"}},
     f"{N2}.addresses.cluster: 10.30.0.21 (its address in networks.cluster) is already the address of {N1}; give {N2} another "
     "number or an address in addresses.cluster, or move networks.cluster.first")
case("number beyond the subnet", {"machines.node300": third(bmc=BMC, root_disk={"serial": "R3"})},
     *[f"machines.node300: number 300 does not fit 10.{n}.0.0/24 of networks.{name} from offset 20; give a larger subnet, a "
       f"smaller networks.{name}.first, or machines.node300.addresses.{name}"
       for n, name in ((10, "provision"), (20, "management"), (30, "cluster"))])
case("number with the address of a BMC", {"machines.node81": third()},
     "machines.node81: 10.20.0.101 (its address in networks.management) is already the address of machines.node1.bmc.address; "
     "give machines.node81 another number or an address in addresses.management, or move networks.management.first")
case("switch has the gateway's address", {"switches.leaf1.address": "10.20.0.1"},
     "switches.leaf1.address: 10.20.0.1 is already the address of networks.management.gateway; give another address")
case("network and broadcast addresses",
     {"switches.leaf1.address": "10.20.0.0", f"{N2}.bmc.address": "10.20.0.255", "kubernetes.endpoint": "10.30.0.255",
      "provisioner": {"addresses": {"provision": "10.10.0.255"}}, f"{N1}.addresses": {"cluster": "10.30.0.0"}},
     *[f"{path}: 10.{a} is the network or broadcast address of 10.{n}.0.0/24; give another address of it" for path, a, n in (
         ("switches.leaf1.address", "20.0.0", 20), (f"{N2}.bmc.address", "20.0.255", 20), ("kubernetes.endpoint", "30.0.255", 30),
         ("provisioner.addresses.provision", "10.0.255", 10), (f"{N1}.addresses.cluster", "30.0.0", 30))])
case("switch has the provisioner's derived address", {"switches.leaf1.address": "10.20.0.2"},
     "provisioner.addresses.management (the default): 10.20.0.2 is already the address of switches.leaf1.address; give another "
     "address")
case("machine has the provisioner's derived address", {f"{N2}.addresses": {"management": "10.20.0.2"}},
     f"{N2}.addresses.management: 10.20.0.2 (its address in networks.management) is already the address of "
     f"provisioner.addresses.management (the default); give {N2} another number or an address in addresses.management, or move "
     "networks.management.first")
case("a network in the default range of pods", {"networks.dmz": {"vlan": 50, "subnet": "10.64.1.0/24"}},
     "kubernetes.pods (the default): 10.64.0.0/14 overlaps 10.64.1.0/24 of networks.dmz.subnet; give a subnet that is free")
case("provisioner outside", {"provisioner": {"addresses": {"cluster": "10.99.0.1"}}},
     "provisioner.addresses.cluster: 10.99.0.1 is outside 10.30.0.0/24; give an address of 10.30.0.0/24")
# cluster
case("endpoint outside", {"kubernetes.endpoint": "10.99.0.10"},
     "kubernetes.endpoint: 10.99.0.10 is outside every network; give a free address of the machines' network")
case("endpoint outside, and an unreadable network", {"kubernetes.endpoint": "10.99.0.10", "networks.tenants.vlans": "x"},
     "networks.tenants.vlans: x is not a range of VLANs; write FIRST-LAST with VLANs from 1 to 4094, such as 100-199",
     "kubernetes.endpoint: 10.99.0.10 is outside every network; give a free address of the machines' network")
case("endpoint in a subnet that can't be read", {"networks.cluster.subnet": "10.30.0.0"},
     "networks.cluster.subnet: 10.30.0.0 has no prefix length; give a network such as 10.20.0.0/24")
case("addresses in the ranges of pods and services",
     {f"{N2}.bmc.address": "10.64.1.1", "switches.leaf1.address": "10.96.0.1", "dns": {"servers": ["10.96.0.10"]},
      "networks.cluster.routes": [{"to": "10.65.0.0/16", "via": "10.30.0.1"}, {"to": "10.0.0.0/8", "via": "10.30.0.1"}]},
     f"{N2}.bmc.address: 10.64.1.1 is in 10.64.0.0/14 of kubernetes.pods; give another address, or move kubernetes.pods",
     "switches.leaf1.address: 10.96.0.1 is in 10.96.0.0/16 of kubernetes.services; give another address, or move "
     "kubernetes.services",
     "dns.servers[0]: 10.96.0.10 is in 10.96.0.0/16 of kubernetes.services; give another address, or move kubernetes.services",
     "networks.cluster.routes[0].to: 10.65.0.0/16 is in 10.64.0.0/14 of kubernetes.pods; give another address, or move "
     "kubernetes.pods")
case("endpoint is a machine", {"kubernetes.endpoint": "10.30.0.22"},
     "machines.node2: 10.30.0.22 (its address in networks.cluster) is already the address of kubernetes.endpoint; give "
     "machines.node2 another number or an address in addresses.cluster, or move networks.cluster.first")
case("endpoint on etcd's port", {"kubernetes.endpoint_port": 2379},
     "kubernetes.endpoint_port: 2379 is the port of etcd behind the endpoint; give another, such as 8443")
case("endpoint on the API's port", {"kubernetes.endpoint_port": 6443},
     "kubernetes.endpoint_port: 6443 is the port of the API servers behind the endpoint; give another, such as 8443")
case("two control planes", {f"{N2}.roles": ["control_plane"]},
     "machines: include 2 control planes (node1, node2): an even number tolerates no more failures; make it 1 or 3")
case("misspelt control plane", {f"{N1}.roles": ["contol_plane", "compute"]},
     f"{N1}.roles[0]: contol_plane is not one of control_plane, compute, storage (did you mean control_plane?); choose one of them")
case("no control plane", {f"{N1}.roles": ["compute"]},
     "machines: include no control plane; give one or three machines the role control_plane")
case("machine outside of the cluster's network", {f"{N2}.networks": ["management"]},
     f"{N2}.networks: lack cluster, the network of kubernetes.endpoint; add cluster")
case("no room for pods", {"kubernetes.pods": "10.64.0.0/24"},
     "kubernetes.pods: 10.64.0.0/24 has room for 1 nodes (a /24 each), but there are 2 machines; give a larger subnet")
case("version as a number", {"kubernetes.version": 1.36},
     'kubernetes.version: 1.36 is not a string; give three numbers in quotes, such as "1.36.3" (in quotes if YAML would read it '
     "as another type)")
# what no layer of this release does
case("virtual machines", {"virtualization": {"enabled": True}})
case("no virtual machines", {"virtualization": {"enabled": False}})
case("tenants", {"tenants": {"acme": {"quota": {"cpu": 40}}}}, "tenants: has no effect before release 0.8.0; remove it until then")
case("IPv6 cluster", {"networks.cluster.subnet": "fd00:30::/64", "networks.cluster.first": 20, "kubernetes.endpoint": "fd00:30::10",
                      "kubernetes.pods": "fd00:64::/48", "kubernetes.services": "fd00:96::/112"},
     "kubernetes.endpoint: fd00:30::10 is IPv6, which clusters can't have before release 0.5.0; give an address of an IPv4 network")
# defaults: an error is reported once, at its key
case("error in defaults", {"defaults": {"machine": {"firmware": "efi", "bmc": {"prot": 1}}}},
     "defaults.machine.firmware: efi is not one of uefi, bios (did you mean uefi?); choose one of them",
     "defaults.machine.bmc.prot: is an unknown key; did you mean port?")
case("secret is never shown", {f"{N2}.bmc.password": 12345},
     f'{N2}.bmc.password: (hidden) is not a string; give a string in quotes, preferably a variable from a vault: "{{{{ vault_password }}}}"')
case("port of a server of every machine", {"kubernetes.endpoint_port": 22},
     "kubernetes.endpoint_port: 22 is the port of sshd behind the endpoint; give another, such as 8443")
case("few services", {"kubernetes.services": "10.96.0.0/29"},
     "kubernetes.services: 10.96.0.0/29 has fewer than the 10 addresses that kubeadm asks for; give a /28 or a larger one")
case("many services", {"kubernetes.services": "10.96.0.0/11"},
     "kubernetes.services: 10.96.0.0/11 is larger than kubeadm and the API server take; give a /12 or a smaller one")
case("as few services as there may be", {"kubernetes.services": "10.96.0.0/28"})
case("as many services as there may be", {"kubernetes.services": "10.96.0.0/12"})
# what nothing reads beside the rest, or what is undone
case("open ports of no firewall", {"firewall": {"enabled": False, "open": ["tcp/80"]}},
     "firewall.open: has no effect with enabled: false; remove it, or remove enabled")
case("account of the controller", {"provisioner": {"user": "boot"}},
     "provisioner.user: boot has no effect: the provisioner is the controller, which is not logged in to; remove it, or give "
     "provisioner.host")
case("settings of no bond", {f"{N1}.bond": {"mode": "none", "lacp_rate": "slow", "name": "bond7"}},
     f"{N1}.bond.lacp_rate: has no effect with mode: none; remove it", f"{N1}.bond.name: has no effect with mode: none; remove it")
case("no bond where others have one", {
    "defaults": {"machine": {"bond": {"mode": "802.3ad", "lacp_rate": "slow"}}}, f"{N1}.bond": {"mode": "none"}})
case("taint twice", {f"{N1}.taints": [
    {"key": "a"}, {"key": "a", "value": "b"}, {"key": "a", "effect": "NoExecute"}, {"key": "b"}]},
     f"{N1}.taints[1]: a has the key and the effect of {N1}.taints[0], and a node has one such taint; keep one of the two")
case("labels of the kubelet", {f"{N1}.labels": {"kubernetes.io/os": "linux", "kubernetes.io/x": "y"}},
     f"{N1}.labels.kubernetes.io/os: is set by the kubelet, which would undo this; remove it, or give another label")
case("parameters that nodes need otherwise", {
    f"{N1}.host": {"sysctls": {"net/ipv4/ip_forward": 0, "net.bridge.bridge-nf-call-iptables": 1, "vm.swappiness": 10}},
    f"{N2}.host": {"sysctls": {"net.ipv4.conf.all.forwarding": 0}}},
     *[f"{place}: 0 is not the 1 that kubeadm and kube-proxy need, and the layer kubernetes sets; remove it"
       for place in (f"{N1}.host.sysctls.net/ipv4/ip_forward", f"{N2}.host.sysctls.net.ipv4.conf.all.forwarding")])
case("system account", {"access.user": "www-data"},
     "access.user: www-data is a system account of Debian, and a deployment makes an account for people; give another name, such "
     "as ops")
# management controllers, by the rules of their modules
IPMI = {"address": "10.20.0.102", "protocol": "ipmi", "password": "{{ v }}"}
case("cipher suite that is not spoken", {f"{N2}.bmc": IPMI | {"ipmi": {"cipher": 5}}},
     f"{N2}.bmc.ipmi.cipher: 5 is no cipher suite that is spoken; write 17 or 3")
case("an older cipher suite", {f"{N2}.bmc": IPMI | {"ipmi": {"cipher": 3}}})
case("IPMI of a controller that speaks Redfish", {f"{N2}.bmc.ipmi": {"cipher": 3}},
     f"{N2}.bmc.ipmi: has no effect with protocol: redfish; remove it, or write protocol: ipmi")
case("IPMI's settings for those that speak it", {
    "defaults": {"machine": {"bmc": {"ipmi": {"cipher": 3}}}}, f"{N2}.bmc": IPMI})
case("system of a controller that has one", {f"{N2}.bmc": IPMI | {"system": "1"}},
     f"{N2}.bmc.system: 1 is for redfish: a controller that speaks IPMI has one system; remove it, or write protocol: redfish")
case("name and password that IPMI cuts off", {f"{N2}.bmc": IPMI | {"username": "a" * 17, "password": "s3cret" * 4}},
     f"{N2}.bmc.username: {'a' * 17} has 17 bytes, and IPMI takes at most 16; give the account a shorter one, or use redfish",
     f"{N2}.bmc.password: (hidden) has 24 bytes, and IPMI takes at most 20; give the account a shorter one, or use redfish")
case("a password from a vault has any length", {f"{N2}.bmc": IPMI | {"password": "{{ vault_of_the_second_hall }}"}})
case("BMC twice, once with its port", {f"{N1}.bmc.port": 443, f"{N2}.bmc.address": "10.20.0.101"},
     f"{N2}.bmc.address: 10.20.0.101 is already the BMC of {N1}; give its own address")
NO_NICS = {"networks": ["management", "cluster"], "number": 3}
case("interfaces as the kernel names them", {"machines.vm": NO_NICS | {
    "interfaces": {"provision": "br_Ex", "management": "bond0.20", "cluster": "enp1s0f0np0"}}})
case("interfaces that the kernel does not take", {"machines.vm": NO_NICS | {
    "interfaces": {"provision": "averyverylongname", "management": "eth 0", "cluster": "ens3"}}},
     *[f"machines.vm.interfaces.{name}: {given} is not a valid interface; give its name, as `ip link` shows it: at most 15 characters"
       for name, given in (("provision", "averyverylongname"), ("management", "eth 0"))])
case("interface of the provisioner", {"provisioner": {"interface": "eth 0"}},
     "provisioner.interface: eth 0 is not a valid interface; give its name, as `ip link` shows it: at most 15 characters")
case("several at once", {f"{N1}.firmware": "efi", "networks.cluster.vlan": 20, f"{N2}.os": "arch"},
     f"{N1}.firmware: efi is not one of uefi, bios (did you mean uefi?); choose one of them",
     "networks.cluster.vlan: 20 is already used by networks.management.vlan; give another VLAN",
     f"{N2}.os: arch is not an image; choose from: debian-13")
# fmt: on


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=CASES)
def test_invalid_models_are_reported(changes: dict[str, Any], expected: list[str]) -> None:
    found: list[str] = []
    try:
        load(model(changes))
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert sorted(found) == sorted(expected)


BARE: dict[str, Any] = {f"{N1}.nics": {"nic0": {"mac": "52:54:00:00:01:00", "port": "leaf3/Ethernet1"}}, N2: REMOVED}
EOS = {"platform": "eos", "address": "10.20.0.13", "username": "admin"}
WARNINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "none": ({}, []),
    "secret in clear text": (
        {f"{N1}.bmc.password": "secret", f"{N2}.bmc.password": "secret"},
        [f"{N1}.bmc.password: (hidden) is in clear text, here and in 1 more place, for everyone who can read the file"],
    ),
    "secret in defaults": (
        {
            "defaults": {"machine": {"bmc": {"password": "secret"}}},
            f"{N1}.bmc.password": REMOVED,
            f"{N2}.bmc.password": REMOVED,
        },
        ["defaults.machine.bmc.password: (hidden) is in clear text for everyone"],
    ),
    "secret of a switch": (
        {"switches.leaf3": EOS | {"password": "secret"}},
        ["switches.leaf3.password: (hidden) is in clear text for everyone"],
    ),
    "secret in defaults of switches": (
        {"defaults": {"switch": {"password": "secret"}}, "switches": {"leaf3": EOS}, **BARE},
        ["defaults.switch.password: (hidden) is in clear text for everyone"],
    ),
    "secret from a vault in part": ({f"{N1}.bmc.password": "s3{{ vault_bmc }}cret"}, []),
    "secret from a lookup": ({f"{N1}.bmc.password": "{{ lookup('ansible.builtin.env', 'BMC') }}"}, []),
    "secret by a condition": ({f"{N1}.bmc.password": "{% if prod %}{{ a }}{% else %}{{ b }}{% endif %}"}, []),
    **{
        f"secret in clear text: {text}": (
            {f"{N1}.bmc.password": text},
            [f"{N1}.bmc.password: (hidden) is in clear text for everyone who can read the file; keep it in a vault"],
        )
        for text in (
            "s3{{cret",
            "}}s3{{",
            "s3{%cret",
            "{{ 's3cret' }}",
            "{{ 's3' | b64decode }}",
            "s{{ 3 }}cret",
            "{# x #}s3",
        )
    },
    "what a cluster would read": (
        {
            "kubernetes": REMOVED,
            f"{N1}.roles": ["compute"],
            "network": {"provider": "flannel", "mtu": 1400},
            f"{N1}.labels": {"a": "b"},
            f"{N2}.taints": [{"key": "a"}],
        },
        [
            f"{place}: has no effect without kubernetes; add kubernetes, or remove it"
            for place in ("network.provider", "network.mtu", f"{N1}.labels", f"{N2}.taints")
        ],
    ),
    "secret of a virtual rack": ({f"{N1}.bmc.password": "secret", "lab": {"throw_away_secrets": True}}, []),
    "no public key": ({"access": {}}, ["access.public_keys: is empty"]),
    "IPMI": ({f"{N1}.bmc.protocol": "ipmi"}, [f"{N1}.bmc.protocol: ipmi has no TLS (one machine)"]),
    "NIC without a switch port": (
        {f"{N1}.nics.nic1": {"mac": "52:54:00:00:01:01"}},
        [f"{N1}.nics.nic1: names no switch port"],
    ),
    "NICs that nothing uses": (
        {f"{N2}.nics.nic2": {"mac": "52:54:00:00:02:02", "port": "leaf1/Ethernet3"}, f"{N2}.bond": {"mode": "none"}},
        [f"{N2}.nics.nic1: has a cable, and nothing uses it (2 of the NICs), so its switch port and its link stay as"],
    ),
    "a NIC that only the BMC uses": (
        {f"{N2}.bond": {"mode": "none"}, f"{N2}.bmc.switch_port": "leaf2/Ethernet2"},
        [],
    ),
    "gateways of both IP versions": (
        {
            "networks.six": {"vlan": 66, "subnet": "fd00:6::/64", "gateway": "fd00:6::1"},
            f"{N1}.networks": ["management", "cluster", "six"],
        },
        [],
    ),
    "two gateways": (
        {"networks.cluster.gateway": "10.30.0.1"},
        [f"{N1}.networks: have several gateways (management, cluster)"],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), WARNINGS.values(), ids=WARNINGS)
def test_doubtful_models_cause_warnings(changes: dict[str, Any], expected: list[str]) -> None:
    found = [str(problem) for problem in load_all(model(changes)).warnings]
    assert len(found) == len(expected)
    assert all(text.startswith(start) for text, start in zip(found, expected, strict=True)), found
    assert "secret" not in " ".join(found)


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("node1.example.net", N1),
        ("kubernetes", "kubernetes.endpoint"),
        ("provisioner.example.net", "provisioner (the default)"),
        ("node1.example.org", ""),
    ],
)
def test_a_full_name_has_one_address(name: str, owner: str) -> None:
    """The resolver and /etc/hosts have the names of machines with the domain, and with dots as they are."""
    data = model({"domain": "example.net"})
    data["machines"][name] = third(number=3)
    full = name if "." in name else f"{name}.example.net"
    expected = [f"machines.{name}: {full} is already the full name of {owner}; give it another name"] if owner else []
    found: list[str] = []
    try:
        load(data)
    except ModelError as error:
        found = [str(problem) for problem in error.errors]
    assert found == expected


def test_a_password_with_braces_is_to_be_marked_in_the_vault() -> None:
    """Ansible would evaluate it there as well, and show it in the error."""
    warnings = [str(problem) for problem in load_all(model({f"{N1}.bmc.password": "s3{{cret"})).warnings]
    assert warnings[0].endswith("with !unsafe before the value there, or Ansible evaluates it")
    warnings = [str(problem) for problem in load_all(model({f"{N1}.bmc.password": "s3cret"})).warnings]
    assert warnings[0].endswith("encrypted by ansible-vault")


def test_every_secret_of_the_model_is_warned_of() -> None:
    """The keys are those of the classes, so a new one needs no list."""
    data = model(
        {
            f"{N1}.bmc.password": "one",
            "switches.leaf1.password": "two",
            "profiles": {"gpu": {"bmc": {"password": "three"}}},
            "kubernetes.registries": {"ghcr.io": {"username": "x", "password": "four"}},
            "network": {
                "bgp": {"peers": {"tor": {"password": "five"}}},
                "load_balancer": {"peers": {"r": {"password": "six"}}},
            },
            "storage": {"external": {"export": "seven"}, "object": {"files": {"tls": {"key": "eight"}}}},
        }
    )
    report = Report(load(model()))
    warn_of_clear_text(report, data)
    assert [problem.path for problem in report.problems] == [
        "profiles.gpu.bmc.password", "switches.leaf1.password", f"{N1}.bmc.password", "kubernetes.registries.ghcr.io.password",
        "network.load_balancer.peers.r.password", "network.bgp.peers.tor.password", "storage.external.export",
        "storage.object.files.tls.key",
    ]  # fmt: skip
    holders = {cls for cls, spec in holders_of_secrets(Cloud) if spec.secret}
    assert len(holders) == len(report.problems) - 1, "the test above lacks a class with a secret"


def holders_of_secrets(cls: type) -> Iterator[tuple[type, KeySpec]]:
    for spec in keys_of(cls).values():
        yield cls, spec
        if is_record(spec.kind):
            yield from holders_of_secrets(spec.kind)  # type: ignore[arg-type]


def test_a_switch_with_a_driver_causes_no_warning() -> None:
    driven = {"platform": "openvswitch", "database": "unix:/db.sock", "ports": ["Ethernet1-8"]}
    changes = {"switches.leaf1": driven, "switches.leaf2": driven}
    data = model({**changes, "defaults": {"machine": {"bond": {"mode": "active-backup"}}}})
    assert load_all(data).warnings == ()


def test_an_error_of_many_machines_is_printed_once() -> None:
    data = model({"switches.leaf1.ports": REMOVED, "defaults": {"machine": {"networks": ["management"]}}})
    data["machines"] = {
        f"node{n}": {
            "roles": ["control_plane"] if n == 1 else ["compute"],
            "addresses": {"provision": f"10.10.{n}.1", "management": f"10.20.{n}.1"},
            "nics": {"nic0": {"mac": f"52:54:00:01:{n:02x}:00", "port": f"leaf1/e{n}"}},
        }
        for n in range(1, 41)
    }
    data["networks"]["provision"]["subnet"], data["networks"]["management"]["subnet"] = "10.10.0.0/16", "10.20.0.0/16"
    with pytest.raises(ModelError) as caught:
        load(data)
    assert len(caught.value.errors) == 40
    head, first, others = str(caught.value).splitlines()
    assert head == "the model has 40 errors:"
    assert (
        first
        == "  machines.node1.networks (from defaults.machine.networks): lack cluster, the network of kubernetes.endpoint; add cluster"
    )
    assert others.startswith("    and the same in 39 more places: machines.node2.networks, machines.node3.networks, ")
