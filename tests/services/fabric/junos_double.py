# SPDX-License-Identifier: GPL-3.0-or-later
"""A double of a Junos switch: NETCONF 1.0 over ssh on loopback, with a candidate, confirmed commits and a history.

It interprets the changes it is given: statements that it does not know, removals of what is missing, and configurations
that a Junos switch refuses to commit are errors. Its minutes are short. It is written from Juniper's documents, not
from a device.
"""

from __future__ import annotations

import asyncio
import copy
import threading
import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import asyncssh
from ansible_collections.groundup.cloud.plugins.module_utils.fabric.junos.tree import entries, find, text, tree

END = "]]>]]>"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
CAPABILITIES = [BASE, *(f"urn:ietf:params:netconf:capability:{n}:1.0" for n in ("candidate", "confirmed-commit"))]
JUNOS = "http://xml.juniper.net/junos/22.4R1/junos"
#: The statements that it knows below each statement; `*` is a value.
_MEMBER = {"ieee-802.3ad": {"bundle": {}, "lacp": {"force-up": {}}}, "no-flow-control": {}}
_LACP = {name: {} for name in ("active", "passive", "periodic", "system-id", "admin-key")}
_MC = {name: {} for name in ("mc-ae-id", "redundancy-group", "chassis-id", "mode", "status-control")}
_SWITCHING = {"interface-mode": {}, "vlan": {"members": {}}, "storm-control": {"profile-name": {}}}
_STP = {"interface": {"name": {}, "edge": {}, "cost": {}}, "bpdu-block-on-edge": {}}
_ADDRESSES = {"address": {"name": {}}}
_INTERFACE: dict[str, Any] = {
    **{name: {} for name in ("name", "description", "mtu", "native-vlan-id", "disable")},
    "ether-options": _MEMBER,
    "aggregated-ether-options": {"lacp": _LACP, "mc-ae": _MC, "minimum-links": {}},
    "unit": {
        "name": {},
        "description": {},
        "family": {"ethernet-switching": _SWITCHING, "inet": _ADDRESSES, "inet6": _ADDRESSES},
    },
}
_LIMIT = {"unicast": {"prefix-limit": {"maximum": {}, "teardown": {}}}}
_KEYS = ("name", "description", "authentication-key", "peer-as", "import", "export", "cluster")
_PEER: dict[str, Any] = {name: {} for name in _KEYS}
_PEER |= {"bfd-liveness-detection": {name: {} for name in ("minimum-interval", "multiplier", "no-adaptation")}}
_GROUP: dict[str, Any] = {**_PEER, "type": {}, "advertise-peer-as": {}, "family": {"inet": _LIMIT}, "neighbor": _PEER}
_FROM = {"prefix-list-filter": {"list_name": {}, "orlonger": {}, "exact": {}}, "protocol": {}}
_THEN: dict[str, Any] = {"accept": {}, "reject": {}}
_POLICY = {"name": {}, "term": {"name": {}, "from": _FROM, "then": _THEN}, "then": _THEN}
KNOWN: dict[str, Any] = {
    "routing-options": {"router-id": {}, "autonomous-system": {"as-number": {}}},
    "routing-instances": {"instance": {"name": {}, "interface": {"name": {}}}},
    "policy-options": {
        "prefix-list": {"name": {}, "prefix-list-item": {"name": {}}},
        "policy-statement": _POLICY,
    },
    "interfaces": {"interface": _INTERFACE, "interface-range": {"name": {}, "member": {"name": {}}}},
    "vlans": {"vlan": {"name": {}, "vlan-id": {}, "description": {}, "l3-interface": {}}},
    "chassis": {"aggregated-devices": {"ethernet": {"device-count": {}}}},
    "protocols": {
        "rstp": _STP,
        "layer2-control": {"bpdu-block": {"interface": {"name": {}}}},
        "iccp": {"local-ip-addr": {}, "peer": {"name": {}, "redundancy-group-id-list": {}}},
        "lldp": {"interface": {"name": {}}},
        "bgp": {"group": _GROUP},
    },
    "system": {"host-name": {}},
}  # fmt: skip


#: Statements with several values.
_VALUES = ("members", "import", "export")


class Refusal(Exception):
    """An ``rpc-error`` with this message."""


class Session(asyncssh.SSHServerSession[str]):
    """One NETCONF session; its lock ends with it."""

    def __init__(self, device: Device) -> None:
        self.device, self.buffer = device, ""
        self.channel: Any = None

    def connection_made(self, chan: Any) -> None:
        self.channel = chan
        self.device.connections.append(chan.get_connection())

    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "netconf"

    def session_started(self) -> None:
        caps = "".join(f"<capability>{item}</capability>" for item in CAPABILITIES)
        inside = f"<capabilities>{caps}</capabilities><session-id>{id(self) % 9999}</session-id>"
        hello = f'<hello xmlns="{BASE}">{inside}</hello>'
        self.channel.write(hello + END)

    def data_received(self, data: str, datatype: Any) -> None:
        self.buffer += data
        while END in self.buffer:
            message, __, self.buffer = self.buffer.partition(END)
            root = ET.fromstring(message)
            if root.tag.endswith("hello"):
                continue
            ident = root.get("message-id", "")
            request = tree(message)[0]
            delay = self.device.slow.get(request.tag, 0)
            asyncio.get_running_loop().call_later(delay, self.answer, ident, request)

    def answer(self, ident: str, request: ET.Element) -> None:
        if self.device.dead:
            self.channel.get_connection().abort()
            return
        try:
            body = self.device.perform(self, request)
        except Refusal as error:
            body = (
                "<rpc-error><error-type>application</error-type><error-tag>operation-failed</error-tag>"
                f"<error-severity>error</error-severity><error-message>\n{error}\n</error-message></rpc-error>"
            )
        if body is None:
            self.channel.get_connection().abort()
            return
        reply = f'<rpc-reply xmlns="{BASE}" xmlns:junos="{JUNOS}" message-id="{ident}">{body}</rpc-reply>{END}'
        late = self.device.late if request.find("confirmed") is not None else 0
        asyncio.get_running_loop().call_later(late, self.channel.write, reply)
        if request.tag == "close-session":
            self.channel.exit(0)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.device.lock is self:
            self.device.lock = None
            self.device.candidate = copy.deepcopy(self.device.running)


class Login(asyncssh.SSHServer):
    """Counts the passwords that it is given."""

    def __init__(self, device: Device) -> None:
        self.device = device

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self.device.passwords.append(password)
        return (username, password) == ("admin", "secret")

    def session_requested(self) -> Session:
        return Session(self.device)


class Device:
    """The switch.

    :ivar minute: seconds of one of its minutes.
    :ivar refuse: what a commit is refused with.
    :ivar slow: seconds until it answers, by operation.
    :ivar late: seconds between a commit that waits for its confirmation and its answer.
    :ivar dead: whether each connection breaks at once.
    :ivar ignore_mtu: whether a commit leaves out MTUs.
    :ivar dies: operation after which the connection breaks, once.
    :ivar foreign: who has locked the candidate.
    :ivar marks: whether it marks commits that wait for confirmation, as recent releases do.
    """

    def __init__(self, config: str, ports: list[str]) -> None:
        self.running = tree(config)
        self.candidate = copy.deepcopy(self.running)
        self.ports = ports
        self.rollbacks = [copy.deepcopy(self.running)]
        self.history: list[dict[str, Any]] = [{"user": "root", "client": "cli", "log": "first"}]
        self.passwords: list[str] = []
        self.slow: dict[str, float] = {}
        self.minute, self.refuse, self.dies, self.foreign, self.marks = 60.0, "", "", "", True
        self.late, self.dead, self.ignore_mtu = 0.0, False, False
        self.connections: list[Any] = []
        self.lock: Session | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.macs: list[tuple[str, str]] = []
        self.sessions: dict[str, str] = {}
        self.operations: list[str] = []
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.ready = threading.Event()
        self.port, self.host_key = 0, ""

    def start(self) -> None:
        self.thread.start()
        assert self.ready.wait(10)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def reboot(self) -> None:
        """End all sessions. A commit is on the disk, and that it waits for a confirmation too: its timer goes on."""
        for connection in self.connections:
            self.loop.call_soon_threadsafe(connection.abort)

    @property
    def waiting(self) -> bool:
        return self.timer is not None

    def _serve(self) -> None:
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = key.export_public_key().decode().strip()
        listen = asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: Login(self))
        self.port = self.loop.run_until_complete(listen).get_port()
        self.ready.set()
        self.loop.run_forever()

    def perform(self, session: Session, request: ET.Element) -> str | None:
        self.operations.append(request.tag)
        operation: Callable[[Session, ET.Element], str] | None = getattr(
            self, "_" + request.tag.replace("-", "_"), None
        )
        if operation is None:
            raise Refusal(f"syntax error: {request.tag}")
        body = operation(session, request)
        confirmed = request.find("confirmed") is not None
        if self.dies and self.dies == ("confirmed" if confirmed else request.tag):
            self.dies = ""
            return None
        return body

    def _lock(self, session: Session, request: ET.Element) -> str:
        holder = self.foreign or ("another session" if self.lock not in (None, session) else "")
        if holder:
            raise Refusal(f"configuration database locked by:\n  {holder} terminal pts/0 (pid 4242) exclusive [edit]")
        self.lock = session
        return "<ok/>"

    def _unlock(self, session: Session, request: ET.Element) -> str:
        self.lock = None
        return "<ok/>"

    def _close_session(self, session: Session, request: ET.Element) -> str:
        return "<ok/>"

    def _discard_changes(self, session: Session, request: ET.Element) -> str:
        self.candidate = copy.deepcopy(self.running)
        return "<ok/>"

    def _get_config(self, session: Session, request: ET.Element) -> str:
        wanted = [node.tag for node in request.find("filter/configuration") or []]
        shown = ET.Element("configuration")
        shown.extend(node for node in self.running if node.tag in wanted)
        return f"<data>{ET.tostring(shown, encoding='unicode')}</data>"

    def _load_configuration(self, session: Session, request: ET.Element) -> str:
        if self.lock is not session:
            raise Refusal("the candidate is not locked")
        if request.get("rollback"):
            self.candidate = copy.deepcopy(self.rollbacks[int(request.get("rollback", "0"))])
        else:
            change = request.find("configuration")
            assert change is not None
            merge(self.candidate, change, KNOWN)
        return "<ok/>"

    def _commit_configuration(self, session: Session, request: ET.Element) -> str:
        check(self.candidate)
        if self.refuse:
            raise Refusal(self.refuse)
        if self.timer:
            self.timer.cancel()
            self.timer = None
            self.history[0].pop("pending", None)
        if request.find("check") is not None:
            return "<ok/>"
        entry: dict[str, Any] = {"user": "admin", "client": "netconf", "log": text(request, "log")}
        if request.find("confirmed") is not None:
            minutes = int(text(request, "confirm-timeout"))
            entry |= {"comment": f"commit confirmed, rollback in {minutes}mins", "pending": True}
            self.timer = self.loop.call_later(minutes * self.minute, self.undo)
        for interface in self.candidate.iter("interface") if self.ignore_mtu and self.timer else ():
            for mtu in interface.findall("mtu"):
                interface.remove(mtu)
        self._become(self.candidate, entry)
        return "<ok/>"

    def undo(self) -> None:
        """The timer: return to the former configuration."""
        self.timer = None
        self.history[0].pop("pending", None)
        self._become(self.rollbacks[1], {"user": "root", "client": "other", "log": ""})
        self.candidate = copy.deepcopy(self.running)

    def _become(self, config: ET.Element, entry: dict[str, Any]) -> None:
        self.running = copy.deepcopy(config)
        self.rollbacks.insert(0, copy.deepcopy(config))
        self.history.insert(0, entry | {"seconds": int(time.time())})

    def _get_commit_information(self, session: Session, request: ET.Element) -> str:
        shown = []
        for number, entry in enumerate(self.history):
            comment = f"<comment>{entry['comment']}</comment>" if "comment" in entry else ""
            log = f"<log>{entry['log']}</log>" if entry["log"] else ""
            mark = "<commit-confirmed>rollback pending</commit-confirmed>" if "pending" in entry and self.marks else ""
            shown.append(
                f"<commit-history><sequence-number>{number}</sequence-number><user>{entry['user']}</user>"
                f"<client>{entry['client']}</client>"
                f'<date-time junos:seconds="{entry.get("seconds", 1)}">then</date-time>'
                f"{comment}{log}{mark}</commit-history>"
            )
        return f'<commit-information xmlns="{JUNOS}">{"".join(shown)}</commit-information>'

    def _get_system_uptime_information(self, session: Session, request: ET.Element) -> str:
        now = f'<current-time><date-time junos:seconds="{int(time.time())}">now</date-time></current-time>'
        return f'<system-uptime-information xmlns="{JUNOS}">{now}</system-uptime-information>'

    def _get_interface_information(self, session: Session, request: ET.Element) -> str:
        more = "<admin-status>up</admin-status><oper-status>up</oper-status><speed>25Gbps</speed><mtu>9216</mtu>"
        more = more if request.find("extensive") is not None else ""
        shown = (f"<physical-interface><name>\n{name}\n</name>{more}</physical-interface>" for name in self.ports)
        names = "".join(shown)
        return f'<interface-information xmlns="{JUNOS}">{names}</interface-information>'

    def _get_interface_optics_diagnostics_information(self, session: Session, request: ET.Element) -> str:
        raise Refusal("error: this platform has no optics")

    def _get_lacp_interface_information(self, session: Session, request: ET.Element) -> str:
        raise Refusal("error: the lacp subsystem is not running")

    def _get_stp_interface_information(self, session: Session, request: ET.Element) -> str:
        entry = "<interface-name>xe-0/0/0</interface-name><port-state>FWD</port-state><port-role>DESG</port-role>"
        entries = f"<stp-interfaces><stp-interface-entry>{entry}</stp-interface-entry></stp-interfaces>"
        return f"<stp-interface-information><stp-instance>{entries}</stp-instance></stp-interface-information>"

    def _get_vlan_information(self, session: Session, request: ET.Element) -> str:
        group = "<l2ng-l2rtb-vlan-name>provision</l2ng-l2rtb-vlan-name><l2ng-l2rtb-vlan-tag>10</l2ng-l2rtb-vlan-tag>"
        group = f"<l2ng-l2ald-vlan-instance-group>{group}</l2ng-l2ald-vlan-instance-group>"
        return f"<l2ng-l2ald-vlan-instance-information>{group}</l2ng-l2ald-vlan-instance-information>"

    def _get_ethernet_switching_table_information(self, session: Session, request: ET.Element) -> str:
        macs = "".join(
            f"<l2ng-mac-entry><l2ng-l2-mac-address>{mac}</l2ng-l2-mac-address>"
            f"<l2ng-l2-mac-logical-interface>{place}</l2ng-l2-mac-logical-interface></l2ng-mac-entry>"
            for mac, place in self.macs
        )
        vlan = f"<l2ng-l2ald-mac-entry-vlan>{macs}</l2ng-l2ald-mac-entry-vlan>"
        return f"<l2ng-l2ald-rtb-macdb>{vlan}</l2ng-l2ald-rtb-macdb>"

    def _get_bgp_summary_information(self, session: Session, request: ET.Element) -> str:
        peers = "".join(
            f"<bgp-peer><peer-address>{address}</peer-address><peer-state>{state}</peer-state></bgp-peer>"
            for address, state in self.sessions.items()
        )
        return f"<bgp-information>{peers}</bgp-information>"

    def _get_lldp_neighbors_information(self, session: Session, request: ET.Element) -> str:
        raise Refusal("error: the lldp subsystem is not running")


def merge(into: ET.Element, change: ET.Element, known: dict[str, Any]) -> None:
    """Merge a change as ``load-configuration`` does."""
    for node in change:
        if node.tag not in known:
            raise Refusal(f"syntax error: {node.tag}")
        if node.tag == "name" and not known[node.tag]:
            continue
        found = _same(into, node)
        if node.get("delete"):
            if found is None:
                raise Refusal(f"statement not found: {node.tag} {text(node, 'name') or text(node)}")
            into.remove(found)
            continue
        if found is None:
            found = ET.SubElement(into, node.tag)
            if "name" in known[node.tag]:
                ET.SubElement(found, "name").text = text(node, "name")
        if not known[node.tag]:
            found.text = node.text
        merge(found, node, known[node.tag])


def _same(into: ET.Element, node: ET.Element) -> ET.Element | None:
    name = text(node, "name")
    for item in into.findall(node.tag):
        if (name and text(item, "name") != name) or (node.tag in _VALUES and text(item) != text(node)):
            continue
        return item
    return None


def _check_bgp(config: ET.Element) -> None:
    """Policies and prefix lists that are used exist, and a neighbour is in one group."""
    policies = {text(node, "name") for node in entries(config, ("policy-options", "policy-statement"))}
    lists = {text(node, "name") for node in entries(config, ("policy-options", "prefix-list"))}
    seen: set[str] = set()
    for group in entries(config, ("protocols", "bgp", "group")):
        missing = {text(node) for tag in ("import", "export") for node in group.iter(tag)} - policies
        if missing:
            raise Refusal(f"Policy error: Policy {min(missing)} referenced but not defined")
        if text(group, "type") == "external" and group.find("cluster") is not None:
            raise Refusal("cluster: external group")
        own = {text(node, "name") for node in group.findall("neighbor")}
        if own & seen:
            raise Refusal(f"neighbor {min(own & seen)} is in two groups")
        seen |= own
    used = {text(node) for node in config.iter("list_name")}
    if used - lists:
        raise Refusal(f"prefix-list {min(used - lists)} is not defined")


def check(config: ET.Element) -> None:
    """Refuse a configuration that a switch refuses to commit."""
    _check_bgp(config)
    nodes = list(entries(config, ("interfaces", "interface")))
    vlans = {text(node, "vlan-id"): text(node, "name") for node in entries(config, ("vlans", "vlan"))}
    if len(vlans) != len(list(entries(config, ("vlans", "vlan")))):
        raise Refusal("a VLAN identifier is used twice")
    count = int(text(find(config, ("chassis", "aggregated-devices", "ethernet", "device-count"))) or 0)
    names = {text(node, "name") for node in nodes}
    owners = [text(item, "name") for node in nodes for item in node.iter("address")]
    if len(owners) != len(set(owners)):
        raise Refusal("an address is that of two interfaces")
    for node in nodes:
        name, above = text(node, "name"), text(node, "ether-options/ieee-802.3ad/bundle")
        if above and (node.find("unit") is not None or node.find("native-vlan-id") is not None):
            raise Refusal(f"{name}: a member of an aggregation has no units")
        if above and (above not in names or int(above[2:]) >= count):
            raise Refusal(f"{name}: there is no {above}")
        families = node.find("unit/family")
        if families is not None and len(families) > 1 and families.find("ethernet-switching") is not None:
            raise Refusal(f"{name}: family ethernet-switching and another")
        members = {text(item) for item in node.iter("members")}
        wrong = members - set(vlans) - set(vlans.values())
        if wrong:
            raise Refusal(f"{name}: VLAN {min(wrong)} is not configured")
        native = text(node, "native-vlan-id")
        if native and not {native, vlans.get(native, "")} & members:
            raise Refusal(f"{name}: native VLAN {native} is no member")
        lacp = node.find("aggregated-ether-options/lacp")
        if lacp is not None and len([item for item in lacp if item.tag in ("active", "passive")]) > 1:
            raise Refusal(f"{name}: active and passive")
