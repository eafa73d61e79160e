# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a NetBox in the shapes that its documentation has, built device by device. Ids are given in order."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]


def choice(value: str | None) -> Object | None:
    """A choice as NetBox gives it."""
    return {"value": value, "label": value.title()} if value else None


def brief(item: Object | None, *more: str) -> Object | None:
    """An object as others refer to it."""
    if item is None:
        return None
    keys = ("id", "url", "display", "name", "slug", "vid", "mac_address", "address", "description", *more)
    return {key: item[key] for key in keys if key in item}


class Builder:
    """Makes objects and keeps them by the paths of their lists."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Object]] = {
            "dcim/devices": [],
            "dcim/device-types": [],
            "dcim/racks": [],
            "dcim/interfaces": [],
            "dcim/device-bays": [],
            "ipam/prefixes": [],
            "ipam/ip-addresses": [],
            "ipam/vlan-groups": [],
            "ports": [],
            "vlans": [],
            "sites": [],
            "roles": [],
            "tags": [],
            "platforms": [],
        }

    def _add(self, table: str, **values: Any) -> Object:
        number = sum(len(items) for items in self.tables.values()) + 1
        name = values.get("name") or values.get("slug") or values.get("address") or values.get("prefix") or number
        item = {
            "id": number,
            "url": f"http://netbox.internal/api/{table}/{number}/",
            "display": str(name),
            "description": "",
            "tags": [],
            "custom_fields": {},
            **values,
        }
        self.tables[table].append(item)
        return item

    def slug(self, table: str, slug: str) -> Object:
        """The site, role, tag or platform with a slug; made where it is new."""
        known = next((item for item in self.tables[table] if item["slug"] == slug), None)
        return known or self._add(table, name=slug.upper(), slug=slug)

    def tags(self, *slugs: str) -> list[Any]:
        """Tags of an object."""
        return [brief(self.slug("tags", slug)) for slug in slugs]

    def rack(self, name: str, site: str, **more: Any) -> Object:
        """A rack."""
        shape = {"u_height": 42, "starting_unit": 1, "desc_units": False, **more}
        return self._add("dcim/racks", name=name, site=brief(self.slug("sites", site)), **shape)

    def device(
        self,
        name: str | None,
        role: str,
        site: str = "dc1",
        rack: Object | None = None,
        position: float | None = None,
        height: float = 1.0,
        platform: str | None = None,
        tags: tuple[str, ...] = (),
        **more: Any,
    ) -> Object:
        """A device with a type of its height."""
        kind = next((item for item in self.tables["dcim/device-types"] if item["u_height"] == height), None)
        kind = kind or self._add("dcim/device-types", model=f"{height} units", slug=f"u{height}", u_height=height)
        values = {
            "device_type": {"id": kind["id"], "model": kind["model"], "slug": kind["slug"]},
            "role": brief(self.slug("roles", role)),
            "platform": brief(self.slug("platforms", platform)) if platform else None,
            "serial": "",
            "site": brief(self.slug("sites", site)),
            "rack": brief(rack),
            "position": position,
            "face": choice("front"),
            "parent_device": None,
            "status": choice("active"),
            "primary_ip": None,
            "primary_ip4": None,
            "primary_ip6": None,
            "oob_ip": None,
            "virtual_chassis": None,
            "vc_position": None,
            "config_context": {},
            "tags": self.tags(*tags),
            **more,
        }
        return self._add("dcim/devices", name=name, **values)

    def port(
        self,
        device: Object,
        name: str,
        mac: str | None = None,
        kind: str = "25gbase-x-sfp28",
        lag: Object | None = None,
        parent: Object | None = None,
        mgmt: bool = False,
        untagged: Object | None = None,
        tagged: tuple[Object, ...] = (),
        mode: str | None = None,
        **more: Any,
    ) -> Object:
        """An interface. Its MAC address is an object of its own, since NetBox 4.2."""
        own = {"id": 90000 + len(self.tables["dcim/interfaces"]), "display": mac, "mac_address": mac} if mac else None
        how = mode or ("tagged" if tagged else "access" if untagged else None)
        values = {
            "device": brief(device),
            "type": choice(kind),
            "enabled": True,
            "parent": brief(parent),
            "lag": brief(lag),
            "mtu": None,
            "mac_address": mac,
            "primary_mac_address": own,
            "mac_addresses": [own] if own else [],
            "mgmt_only": mgmt,
            "mode": choice(how),
            "untagged_vlan": brief(untagged),
            "tagged_vlans": [brief(vlan) for vlan in tagged],
            "cable": None,
            "link_peers": [],
            "link_peers_type": None,
            "connected_endpoints": None,
            "connected_endpoints_type": None,
            "connected_endpoints_reachable": False,
            **more,
        }
        return self._add("dcim/interfaces", name=name, **values)

    def cable(self, one: Object, other: Object, through: Object | None = None, planned: bool = False) -> None:
        """A cable between two interfaces, or two cables with ports of patch panels between."""
        for end, far in ((one, other), (other, one)):
            peer = through or far
            end["cable"] = {"id": 70000 + one["id"], "display": f"#{one['id']}", "label": "", "description": ""}
            end["link_peers"] = [{**(brief(peer) or {}), "device": peer["device"]}]
            end["link_peers_type"] = "dcim.frontport" if through else "dcim.interface"
            end["connected_endpoints"] = [{**(brief(far) or {}), "device": far["device"]}]
            end["connected_endpoints_type"] = "dcim.interface"
            end["connected_endpoints_reachable"] = not planned

    def open_end(self, port: Object, panel: Object) -> None:
        """A cable to a port of a patch panel from which no cable leads on."""
        port["cable"] = {"id": 70000 + port["id"], "display": "", "label": "", "description": ""}
        port["link_peers"] = [{**(brief(panel) or {}), "device": panel["device"]}]
        port["link_peers_type"] = "dcim.frontport"

    def front_port(self, device: Object, name: str) -> Object:
        """A port of a patch panel."""
        return self._add("ports", name=name, device=brief(device))

    def vlan(self, vid: int, name: str) -> Object:
        """A VLAN."""
        return self._add("vlans", vid=vid, name=name)

    def prefix(
        self,
        prefix: str,
        vlan: Object | None,
        site: str = "dc1",
        role: str | None = None,
        tags: tuple[str, ...] = (),
        **more: Any,
    ) -> Object:
        """A prefix in the scope of a site."""
        values = {
            "vlan": brief(vlan),
            "scope_type": "dcim.site",
            "scope": brief(self.slug("sites", site)),
            "status": choice("active"),
            "role": brief(self.slug("roles", role)) if role else None,
            "tags": self.tags(*tags),
            **more,
        }
        return self._add("ipam/prefixes", prefix=prefix, **values)

    def address(self, address: str, port: Object | None = None, role: str | None = None, **more: Any) -> Object:
        """An address, of an interface or of nobody."""
        values = {
            "role": choice(role),
            "status": choice("active"),
            "assigned_object_type": "dcim.interface" if port else None,
            "assigned_object_id": port["id"] if port else None,
            "assigned_object": {**(brief(port) or {}), "device": port["device"]} if port else None,
            **more,
        }
        return self._add("ipam/ip-addresses", address=address, **values)

    def group(self, slug: str, *spans: tuple[int, int]) -> Object:
        """A VLAN group."""
        return self._add("ipam/vlan-groups", name=slug, slug=slug, vid_ranges=[list(span) for span in spans])

    def bay(self, chassis: Object, name: str, device: Object | None) -> Object:
        """A bay of a chassis, with or without a device in it."""
        item = self._add("dcim/device-bays", name=name, device=brief(chassis), installed_device=brief(device))
        if device is not None:
            device["parent_device"] = {**(brief(chassis) or {}), "device_bay": brief(item)}
        return item


class Site:
    """Three racks of different shapes: R1 with a pair of EOS leaves and bonds, DC1 R07 numbered downwards with one leaf
    (SONiC) and patch panels, and R3 with a chassis of two bays, whose machines have three links each.

    :ivar b: the builder, for tests that change something.
    """

    def __init__(self) -> None:
        self.b = b = Builder()
        self.vlans = {
            name: b.vlan(vid, name) for vid, name in [(10, "PXE"), (20, "MGMT"), (30, "cluster"), (40, "storage")]
        }
        for index, (name, vlan) in enumerate(self.vlans.items(), 1):
            role = {"PXE": "provision", "MGMT": "management"}.get(name)
            mtu = 9000 if name == "storage" else None
            b.prefix(f"10.{index}0.0.0/24", vlan, role=role, tags=("cloud",), custom_fields={"mtu": mtu})
        b.group("tenant-vlans", (100, 199), (300, 309))
        b.address("10.20.0.1/24", role="vrrp")
        self.leaves = self._first_rack()
        self._second_rack()
        self._third_rack()

    @property
    def tables(self) -> dict[str, list[Object]]:
        """Objects by the paths of their lists."""
        return self.b.tables

    def find(self, path: str, **keys: Any) -> Object:
        """The one object with these values."""
        found = [item for item in self.tables[path] if all(item[key] == value for key, value in keys.items())]
        assert len(found) == 1, (path, keys, len(found))
        return found[0]

    def port(self, device: str, name: str) -> Object:
        """An interface by the name of its device."""
        ports = self.tables["dcim/interfaces"]
        return next(port for port in ports if port["device"]["name"] == device and port["name"] == name)

    def _trunk(self) -> dict[str, Any]:
        return {
            "untagged": self.vlans["PXE"],
            "tagged": tuple(self.vlans[name] for name in ("MGMT", "cluster", "storage")),
        }

    def leaf(self, name: str, rack: Object, position: int, address: str, platform: str, stem: str) -> Object:
        """A leaf with eight ports and one for its management."""
        device = self.b.device(name, "leaf", rack=rack, position=position, platform=platform)
        for number in range(1, 9):
            self.b.port(device, f"{stem}{number}")
        management = self.b.port(device, "Management1", mgmt=True, kind="1000base-t")
        device["primary_ip"] = device["primary_ip4"] = brief(self.b.address(address, management))
        return device

    def _first_rack(self) -> list[Object]:
        b, rack = self.b, self.b.rack("R1", "dc1")
        leaves = [self.leaf(f"leaf{n}", rack, 43 - n, f"10.20.0.{10 + n}/24", "arista-eos", "Ethernet") for n in (1, 2)]
        for number in (1, 2, 3):
            roles = ("first-three",)
            server = b.device(f"node{number}", "hypervisor", rack=rack, position=8 + 2 * number, height=2.0, tags=roles)
            server["serial"] = f"CZJ000000{number}"
            server["custom_fields"] = {
                "root_disk": f"ROOT000{number}",
                "osds": f"FLASH{number}A, 0x5000c500a1b2c3d{number}",
            }
            bond = b.port(server, "bond0", kind="lag", **self._trunk())
            for index in (0, 1):
                nic = b.port(server, f"eth{index}", f"52:54:00:00:0{number}:0{index}".upper(), lag=bond)
                b.cable(nic, self.port(f"leaf{index + 1}", f"Ethernet{number}"))
            bmc = b.port(server, "iDRAC", mgmt=True, kind="1000base-t")
            server["oob_ip"] = brief(b.address(f"10.20.0.10{number}/24", bmc))
            b.cable(bmc, self.port("leaf1", f"Ethernet{3 + number}"))
            b.address(f"10.30.0.{20 + number}/24", b.port(server, "bond0.30", kind="virtual", parent=bond))
        self._router(leaves)
        return leaves

    def _router(self, leaves: list[Object]) -> None:
        b, router = self.b, self.b.device("core1", "router")
        for index, leaf in enumerate(leaves, 1):
            port = self.port(leaf["name"], "Ethernet8")
            port.update(mode=choice("tagged-all"), description="router")
            b.cable(port, b.port(router, f"xe-0/0/{index}"))

    def _second_rack(self) -> None:
        b, rack = self.b, self.b.rack("DC1 R07", "dc1", desc_units=True, u_height=48)
        self.leaf("TOR_07", rack, 1, "10.20.0.13/24", "sonic", "Ethernet")
        panel = b.device("patch7", "panel", rack=rack, position=2)
        for number in (4, 5):
            server = b.device(f"DC1_R07-SRV_0{number}", "hypervisor", rack=rack, position=number * 2, platform="debian")
            server["custom_fields"] = {"root_disk": f"ROOT000{number}"}
            nic = b.port(server, "ens1f0np0", f"52:54:00:00:0{number}:00")
            through = b.front_port(panel, f"Port {number}")
            far = self.port("TOR_07", f"Ethernet{number}")
            far.update(self._vlans_of_trunk())
            b.cable(nic, far, through=through)
            bmc = b.port(server, "bmc", mgmt=True, kind="1000base-t")
            b.address(f"10.20.0.10{number}/24", bmc)
            b.address(f"10.30.0.{50 + number}/24", nic)

    def _vlans_of_trunk(self) -> Object:
        trunk = self._trunk()
        tagged = [brief(vlan) for vlan in trunk["tagged"]]
        return {"mode": choice("tagged"), "untagged_vlan": brief(trunk["untagged"]), "tagged_vlans": tagged}

    def _third_rack(self) -> None:
        b, rack = self.b, self.b.rack("R3", "dc1", u_height=12)
        leaf = self.leaf("leaf3", rack, 12, "10.20.0.14/24", "unheard-of", "swp")
        chassis = b.device("twin1", "chassis", rack=rack, position=5, height=1.0)
        for number in (6, 7):
            server = b.device(f"node{number}", "storage-node", position=None, height=0.0)
            b.bay(chassis, f"Node {number - 5}", server)
            server["config_context"] = {"groundup": {"root_disk": {"serial": f"M2-{number}"}, "labels": {"zone": "r3"}}}
            data, store = b.port(server, "bond0", kind="lag", mtu=9000), b.port(server, "bond1", kind="lag", mtu=9000)
            data.update(mode=choice("access"), untagged_vlan=brief(self.vlans["cluster"]))
            store.update(mode=choice("access"), untagged_vlan=brief(self.vlans["storage"]))
            store["custom_fields"] = {"bond_mode": "active-backup"}
            boot = b.port(server, "eno1", f"52:54:00:00:0{number}:09", untagged=self.vlans["PXE"])
            if number == 6:
                b.cable(boot, self.port("leaf3", "swp1"))
            for index, lag in ((0, data), (1, data), (2, store), (3, store)):
                b.port(server, f"ens{index}", f"52:54:00:00:0{number}:0{index}", lag=lag)
            bmc = b.port(server, "bmc", mgmt=True, kind="1000base-t")
            server["oob_ip"] = brief(b.address(f"10.20.0.10{number}/24", bmc))
        assert leaf["name"] == "leaf3"
