# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance: each recorded tree of a controller, with each behaviour of a maker that is known from public reports.

The trees of `trees/` are our own; those of real makers lie outside the repository, and their tests are skipped without
them. The service that serves them is a double (see `tree_service`).
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc import errors, power
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import apply_boot, plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.connect import connected
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import boot, info, perform
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import power as power_action
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.identity import check_identity
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ipmi import IpmiBmc
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import BmcSettings, BootDevice, PowerState

from .conftest import certificate
from .fault_proxy import Fault
from .tree_service import PASSWORD, SESSIONS, USER, Behaviour, TreeService, recorded

pytestmark = pytest.mark.services
OWN = sorted((Path(__file__).parent / "trees").glob("*.json"))
RECORDED = recorded()
MAKERS = sorted(RECORDED.glob("*.json")) if RECORDED else []
TWIN = Path(__file__).parent / "trees/twin.json"
PENDING = Path(__file__).parent / "trees/twin-pending.json"
MISSING = pytest.param(None, id="makers", marks=pytest.mark.skip(reason="the recorded trees of makers are not here"))
TREES = [pytest.param(path, id=path.stem) for path in (*OWN, *MAKERS)] + ([] if MAKERS else [MISSING])
Start = Callable[..., TreeService]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trees")
    certificate(directory, "bmc")
    return directory


@pytest.fixture
def start(tls: Path) -> Iterator[Start]:
    """Start services; at the end of the test none may have an open session of ours."""
    started: list[TreeService] = []

    def begin(tree: Path | dict[str, Any], **behaviour: Any) -> TreeService:
        body = json.loads(tree.read_text()) if isinstance(tree, Path) else tree
        started.append(TreeService(body, f"{tls}/bmc.crt", f"{tls}/bmc.key", Behaviour(**behaviour)))
        return started[-1]

    yield begin
    for service in started:
        service.close()
    ours = [number for service in started for number, token in service.sessions.items() if token != "of another"]
    assert ours == [], "a session was not ended"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "CONFLICT_PAUSE", 0.1)
    monkeypatch.setattr(power, "UNCERTAIN_PATIENCE", 3.0)


def settings(service: TreeService, tls: Path, **more: Any) -> BmcSettings:
    der = ssl.PEM_cert_to_DER_cert((tls / "bmc.crt").read_text())
    chosen = BmcSettings(
        "redfish",
        "127.0.0.1",
        USER,
        PASSWORD,
        port=service.port,
        fingerprint=hashlib.sha256(der).hexdigest(),
        timeout=20,
    )
    if "system" not in more:
        more["system"] = service.system_path
    return dataclasses.replace(chosen, **more)


def params(service: TreeService, tls: Path, **more: Any) -> dict[str, Any]:
    """Options of a module."""
    found = settings(service, tls)
    named = {name: getattr(found, name) for name in ("protocol", "address", "port", "username", "password", "system")}
    rules = {"graceful": False, "grace": 5.0, "force": True, "wait_timeout": 10.0}
    return {**named, "tls": {"fingerprint": found.fingerprint}, "timeout": 20, **rules, **more}


def identity_of(service: TreeService) -> dict[str, Any]:
    return {"serial": str(service.system["SerialNumber"]), "uuid": service.system["UUID"], "macs": []}


def many_nics(path: Path, count: int) -> dict[str, Any]:
    """The tree with so many NICs that a controller takes seconds to describe them."""
    tree = json.loads(path.read_text())
    system = next(body for body in tree.values() if (body.get("Actions") or {}).get("#ComputerSystem.Reset"))
    place = system["EthernetInterfaces"]["@odata.id"]
    links = [{"@odata.id": f"{place}/many{number}"} for number in range(count)]
    tree[place] = {**tree[place], "Members": links}
    for number, each in enumerate(links):
        tree[each["@odata.id"]] = {"@odata.id": each["@odata.id"], "MACAddress": f"02:00:00:00:01:{number:02x}"}
    return tree


@pytest.mark.parametrize("tree", TREES)
def test_everything_is_read_and_nothing_is_changed(start: Start, tls: Path, tree: Path) -> None:
    service = start(tree)
    result = perform(info, params(service, tls, identity=identity_of(service)), False)
    assert not result.get("failed"), result
    found = result["identity"]
    assert found["serial"] == service.system["SerialNumber"] and found["macs"] and found["vendor"] not in (None, "AMI")
    assert not service.writes() and not service.writes("POST")


@pytest.mark.parametrize("tree", TREES)
def test_a_power_change_takes_few_requests_whatever_the_number_of_nics(start: Start, tls: Path, tree: Path) -> None:
    service = start(many_nics(tree, 48), nic_delay=0.2)
    service.system["PowerState"] = "Off"
    macs = [f"02:00:00:00:01:{number:02x}" for number in range(2)]
    for state, shown in (("on", "On"), ("cycled", "On"), ("off", "Off")):
        service.seen.clear()
        wanted = {**identity_of(service), "macs": macs}
        result = perform(power_action, params(service, tls, state=state, identity=wanted, system=None), False)
        if len(service.tree["/redfish/v1/Systems"]["Members"]) > 1:
            assert "name the one to use in bmc.system" in result["msg"]
            service.seen.clear()
            result = perform(power_action, params(service, tls, state=state, identity=wanted), False)
        assert not result.get("failed"), result
        assert (service.system["PowerState"], result["changed"]) == (shown, True)
        assert len(service.seen) <= 12, [(seen.method, seen.path) for seen in service.seen]


@pytest.mark.parametrize("expands", [True, False])
def test_nics_are_read_once_where_only_they_identify_a_machine(start: Start, tls: Path, expands: bool) -> None:
    tree = many_nics(TWIN, 12)
    tree["/redfish/v1"]["ProtocolFeaturesSupported"] = {"ExpandQuery": {"NoLinks": True}}
    service = start(tree, expands=expands)
    wanted = {"macs": ["02:00:00:00:01:05"]}
    result = perform(power_action, params(service, tls, state="on", identity=wanted), False)
    assert not result.get("failed"), result
    reads = [seen.path for seen in service.seen if "/EthernetInterfaces/" in seen.path]
    assert len(reads) == len(set(reads)) == (0 if expands else 12)
    assert len(service.seen) - len(reads) <= 12


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize(
    ("kind", "etag"),
    [("plain", "none"), ("single", "none"), ("full", "strict"), ("legacy", "none"), ("target_only", "none")],
)
def test_a_boot_device_is_set_shown_and_removed(start: Start, tls: Path, tree: Path, kind: str, etag: str) -> None:
    service = start(tree, boot=kind, etag=etag)
    service.set_boot("Disabled", "None")
    for device, changed in (("network", True), ("network", False), ("none", True), ("none", False), ("disk", True)):
        result = perform(boot, params(service, tls, device=device, once=True), False)
        assert not result.get("failed"), (device, result)
        assert (result["changed"], result["honoured"], result["sticky"]) in [
            (changed, True, False),
            (changed, True, None),
        ]
        assert result["read_back"]["device"] == device
        if device != "none":
            assert result["read_back"]["mode"] in (None, "uefi"), "a UEFI machine must not start in legacy mode"


def test_a_machine_with_bios_gets_the_legacy_mode(start: Start, tls: Path) -> None:
    service = start(TWIN, boot="full")
    result = perform(boot, params(service, tls, device="network", once=True, firmware="bios"), False)
    assert result["honoured"] and service.system["Boot"]["BootSourceOverrideMode"] == "Legacy"


def test_a_mode_that_is_not_kept_is_not_honoured(start: Start, tls: Path) -> None:
    service = start(TWIN)
    service.behaviour.faults = [Fault(method="PATCH", status=204, body=b"")]
    service.set_boot("Once", "Pxe")
    service.system["Boot"]["BootSourceOverrideMode"] = "Legacy"
    result = perform(boot, params(service, tls, device="network", once=True), False)
    assert result["changed"] and not result["honoured"]


def test_a_pending_boot_device_is_shown_and_removed(start: Start, tls: Path) -> None:
    """The system shows none, but its settings hold one for the next start."""
    service = start(PENDING)
    service.set_boot("Once", "Pxe", pending=True)
    shown = perform(info, params(service, tls), False)["boot"]
    assert (shown["device"], shown["pending"]) == ("network", True)
    result = perform(boot, params(service, tls, device="none", once=True), False)
    assert result["changed"] and result["honoured"]
    assert service.tree[service.settings_path or ""]["Boot"]["BootSourceOverrideEnabled"] == "Disabled"


def test_a_boot_device_is_set_again_before_a_start(start: Start, tls: Path) -> None:
    """A controller that still shows the one-time device of the last start gets a new request."""
    service = start(TWIN)
    service.set_boot("Once", "Pxe")
    with connected(settings(service, tls)) as bmc:
        result = apply_boot(bmc, plan_boot(BootDevice.NETWORK, True, bmc.boot_override()), always=True)
    assert result.honoured and service.writes() == [204]


BODIES: dict[str, bytes] = {
    "vendor": b'{"cc": 7, "error": "Service busy"}',
    "null": b'{"error": null}',
    "list": b"[]",
    "text": b'"broken"',
    "number": b"7",
    "html": b"<html><body>Bad gateway</body></html>",
    "empty": b"",
    "binary": b"\xff\xfe\x00",
    "odd_extended": b'{"error": {"@Message.ExtendedInfo": [null, 7, "text", {"Message": null}]}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize("status", [200, 500])
def test_no_body_of_an_answer_is_a_crash(start: Start, tls: Path, body: bytes, method: str, status: int) -> None:
    path = {"GET": "Systems/Node$", "POST": "Actions/", "PATCH": "Systems/Node$"}[method]
    service = start(TWIN, faults=[Fault(method=method, path=path, status=status, body=body)])
    chosen = settings(service, tls, timeout=1)
    if status == 200 and (method != "GET" or body.startswith(b"{")):
        change(chosen, ["PATCH", "POST"])  # a body after a change means nothing, and an object may lack everything
        return
    with pytest.raises(errors.BmcError, match=r"bmc redfish://127\.0\.0\.1"):
        change(chosen, ["PATCH", "POST"])


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("/redfish/v1", {"Links": None}),
        ("/redfish/v1", {"Links": {"Sessions": "text"}, "Systems": 7}),
        ("/redfish/v1", {"Vendor": {"a": 1}, "ProtocolFeaturesSupported": []}),
        ("/redfish/v1/Systems/Node", {"Boot": None, "Actions": None}),
        ("/redfish/v1/Systems/Node", {"Boot": [], "EthernetInterfaces": None, "@Redfish.Settings": 3}),
        ("/redfish/v1/Systems/Node", {"SerialNumber": 4711, "UUID": 12, "Manufacturer": 3, "PowerState": ["On"]}),
        ("/redfish/v1/Systems/Node", {"EthernetInterfaces": {"@odata.id": "/redfish/v1/nowhere"}}),
        ("/redfish/v1/Systems/Node/EthernetInterfaces", {"Members": None}),
        ("/redfish/v1/Systems/Node/EthernetInterfaces", {"Members": [None, {}, 3, {"@odata.id": None}]}),
        ("/redfish/v1/Systems/Node/EthernetInterfaces/1", {"MACAddress": 7, "PermanentMACAddress": {}}),
    ],
)
def test_values_of_other_types_are_unknown(start: Start, tls: Path, place: str, change: dict[str, Any]) -> None:
    tree = json.loads(TWIN.read_text())
    tree[place] = {**tree[place], **change}
    service = start(tree)
    with connected(settings(service, tls, system="Node")) as bmc:
        found, state = bmc.identity(), bmc.power_state()
        bmc.boot_override()
    assert found.serial in ("TWIN-0001", "4711") and state in (PowerState.OFF, PowerState.UNKNOWN)


def change(chosen: BmcSettings, methods: list[str]) -> None:
    """Set the boot device (PATCH) and switch on (POST)."""
    with connected(chosen) as bmc:
        if "PATCH" in methods:
            bmc.request_boot(BootDevice.NETWORK, True)
        if "POST" in methods:
            bmc.request_power(True, False)


def test_a_reason_without_severity_is_shown(start: Start, tls: Path) -> None:
    extended = (
        b'{"error": {"code": "x", "message": "See extended", "@Message.ExtendedInfo": [{"Message": "Lid open"}]}}'
    )
    service = start(TWIN, faults=[Fault(method="POST", path="Actions", status=400, body=extended)])
    with pytest.raises(errors.BmcProtocolError, match="HTTP 400: See extended Lid open"):
        change(settings(service, tls), ["POST"])


@pytest.mark.parametrize("kind", ["path", "foreign", "body", "id", "no_token"])
def test_a_session_is_ended_however_it_is_named(start: Start, tls: Path, kind: str) -> None:
    service = start(TWIN, session=kind)
    with connected(settings(service, tls)) as bmc:
        assert bmc.power_state() is PowerState.OFF
    assert service.begun == 1 and not service.sessions


def test_a_full_session_table_is_no_failure(start: Start, tls: Path) -> None:
    service = start(TWIN, places=2)
    service.sessions = {"91": "of another", "92": "of another"}
    with connected(settings(service, tls)) as bmc:
        assert bmc.power_state() is PowerState.OFF
    assert service.begun == 0 and len(service.sessions) == 2


@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_a_missing_right_is_no_reason_for_a_new_login(start: Start, tls: Path, method: str) -> None:
    service = start(TWIN, faults=[Fault(method=method, path="/Systems/", status=403)])
    with pytest.raises(errors.BmcAuthError, match="the role Operator"):
        change(settings(service, tls), [method])
    assert (service.writes(method), service.begun) == ([403], 1)


def test_an_expired_session_is_renewed(start: Start, tls: Path) -> None:
    service = start(TWIN)
    with connected(settings(service, tls)) as bmc:
        bmc.power_state()
        service.sessions.clear()
        bmc.request_boot(BootDevice.NETWORK, True)
        service.sessions.clear()
        bmc.request_power(True, False)
    assert service.begun == 3 and service.system["PowerState"] == "On"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 503])
def test_a_wrong_password_is_sent_once(start: Start, tls: Path, status: int) -> None:
    """Some controllers lock an account after three attempts, and answer with other statuses than 401."""
    service = start(TWIN, faults=[Fault(method="POST", path=SESSIONS, status=status)])
    with pytest.raises(errors.BmcError), connected(settings(service, tls, password="wrong-one-7")) as bmc:
        bmc.power_state()
    assert [seen.status for seen in service.seen if seen.method == "POST"] == [status]
    assert all(seen.status != 401 or seen.method == "GET" for seen in service.seen if status != 401)


def test_a_root_that_needs_a_login_gets_one(start: Start, tls: Path) -> None:
    hidden = Fault(path="^/redfish/v1/$", status=401, when=lambda handler: not handler.headers["Authorization"])
    service = start(TWIN, faults=[hidden])
    with connected(settings(service, tls)) as bmc:
        assert bmc.power_state() is PowerState.OFF


@pytest.mark.parametrize("method", ["PATCH", "POST"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirected_change_is_an_error(start: Start, tls: Path, method: str, status: int) -> None:
    redirect = Fault(method=method, path="/Systems/", status=status, headers={"Location": "/redfish/v2"}, body=b"")
    service = start(TWIN, faults=[redirect])
    with pytest.raises(errors.BmcProtocolError, match="redirects to /redfish/v2"):
        change(settings(service, tls), [method])
    assert service.writes(method) == [status]


@pytest.mark.parametrize("etag", ["strict", "body", "gzip", "weak_428", "always_stale"])
@pytest.mark.parametrize("tree", [TWIN, PENDING], ids=["system", "settings"])
def test_etags_of_each_kind(start: Start, tls: Path, etag: str, tree: Path) -> None:
    service = start(tree, etag=etag)
    for device in ("network", "disk", "none"):
        result = perform(boot, params(service, tls, device=device, once=True), False)
        assert not result.get("failed"), result
        assert result["honoured"]
    assert service.writes().count(204) == 3 and len(service.writes()) <= 12


@pytest.mark.parametrize("kind", ["lost", "failed"])
@pytest.mark.parametrize("late", [0.0, 1.5])
@pytest.mark.parametrize("state", ["on", "off", "cycled"])
def test_a_reset_without_an_answer_may_have_been_done(
    start: Start, tls: Path, kind: str, late: float, state: str
) -> None:
    service = start(TWIN, reset=kind, late=late)
    service.system["PowerState"] = "Off" if state == "on" else "On"
    result = perform(power_action, params(service, tls, state=state, graceful=state == "off"), False)
    assert not result.get("failed"), result
    assert service.writes("POST").count(0 if kind == "lost" else 500) == (2 if state == "cycled" else 1)


def test_a_reset_that_is_never_done_is_an_error(start: Start, tls: Path) -> None:
    service = start(TWIN, reset="refused")
    result = perform(power_action, params(service, tls, state="on"), False)
    assert result["failed"] and "HTTP 500" in result["msg"] and service.writes("POST") == [500]


@pytest.mark.parametrize(
    ("offered", "state", "graceful", "sent"),
    [
        (["ForceOn", "ForceOff"], "on", False, ["ForceOn"]),
        (["PushPowerButton", "ForceOff"], "on", False, ["PushPowerButton"]),
        (["On", "PushPowerButton", "ForceOff"], "off", True, ["PushPowerButton"]),
        (["On", "ForceOff"], "off", True, ["ForceOff"]),
        (["GracefulShutdown", "ForceOff"], "on", False, []),
    ],
)
@pytest.mark.parametrize("in_action_info", [False, True])
def test_values_that_a_controller_does_not_offer_are_replaced(
    start: Start, tls: Path, offered: list[str], state: str, graceful: bool, sent: list[str], in_action_info: bool
) -> None:
    service = start(TWIN)
    action = service.system["Actions"]["#ComputerSystem.Reset"]
    action["ResetType@Redfish.AllowableValues"] = offered
    if in_action_info:
        service.tree["/redfish/v1/info"] = {"Parameters": [{"Name": "ResetType", "AllowableValues": offered}]}
        service.behaviour.faults = [
            Fault(
                path="Systems/Node$",
                status=200,
                when=lambda handler: handler.command == "GET",
                body=json.dumps(
                    {
                        "PowerState": "Off" if state == "on" else "On",
                        "Actions": {
                            "#ComputerSystem.Reset": {
                                "target": action["target"],
                                "@Redfish.ActionInfo": "/redfish/v1/info",
                            }
                        },
                    }
                ).encode(),
            )
        ]
    service.system["PowerState"] = "Off" if state == "on" else "On"
    with connected(settings(service, tls)) as bmc:
        if sent:
            try:
                bmc.request_power(state == "on", graceful)
            except errors.BmcProtocolError:
                bmc.request_power(False, False)
            done = [
                seen.body["ResetType"] for seen in service.seen if seen.path.endswith("Reset") and seen.status < 300
            ]
            assert done == sent
            return
        with pytest.raises(errors.BmcProtocolError, match="it offers no On, only ForceOff, GracefulShutdown"):
            bmc.request_power(True, False)


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_nic_that_can_not_be_read_is_no_failure(start: Start, tls: Path, status: int) -> None:
    service = start(TWIN, faults=[Fault(path="EthernetInterfaces/2", status=status)])
    result = perform(info, params(service, tls, identity={"macs": ["52:54:00:00:02:03"]}), False)
    assert (len(result["identity"]["macs"]), result["identity"]["ports_unread"]) == (3, 1)


@pytest.mark.parametrize("status", [404, 500])
def test_nics_that_can_not_be_listed_are_unknown(start: Start, tls: Path, status: int) -> None:
    service = start(TWIN, faults=[Fault(path="EthernetInterfaces", status=status)])
    result = perform(info, params(service, tls, identity={"macs": ["52:54:00:00:09:09"]}), False)
    assert result["identity"]["macs"] == []


def test_a_port_that_could_not_be_read_is_no_other_machine(start: Start, tls: Path) -> None:
    service = start(TWIN, faults=[Fault(path="EthernetInterfaces/2", status=500)])
    with connected(settings(service, tls)) as bmc:
        assert check_identity(bmc, None, None, ["52:54:00:00:02:02"]) == []


def test_another_machine_is_refused_by_its_macs_alone(start: Start, tls: Path) -> None:
    service = start(TWIN)
    with pytest.raises(errors.BmcIdentityError), connected(settings(service, tls)) as bmc:
        check_identity(bmc, None, None, ["52:54:00:00:09:09"])


def test_the_tag_of_a_dell_is_its_serial_number(start: Start, tls: Path) -> None:
    tree = json.loads(TWIN.read_text())
    tree["/redfish/v1"]["Vendor"] = "Dell"
    tree["/redfish/v1/Systems/Node"] |= {"Manufacturer": "Dell Inc.", "SKU": "F54P1G3", "SerialNumber": "CNIVC001"}
    service = start(tree)
    with connected(settings(service, tls)) as bmc:
        assert check_identity(bmc, "f54p1g3", None, []) == ["serial"]
        assert check_identity(bmc, "CNIVC001", None, []) == ["serial"]
        with pytest.raises(errors.BmcIdentityError):
            check_identity(bmc, "F54P1G4", None, [])


@pytest.mark.parametrize("tree", TREES)
def test_a_recorded_tree_can_be_served_again(start: Start, tls: Path, tree: Path) -> None:
    """What bmc_info records of a controller is enough to do with it what is done with the controller."""
    service = start(tree)
    service.system["Oem"] = {"Maker": {"x": "oem-secret"}}
    service.system["BootPassword"], service.system["ApiKey"] = "plain-secret", "key-secret"
    result = perform(info, params(service, tls, tree=True), False)
    assert not result.get("failed"), result
    assert not service.writes() and not service.writes("POST")
    text = json.dumps(result)
    assert not [word for word in (PASSWORD, "oem-secret", "plain-secret", "key-secret") if word in text]
    again = start(json.loads(json.dumps(result["tree"])))
    copy = perform(info, params(again, tls), False)
    assert (copy["identity"], copy["boot"]) == (result["identity"], result["boot"])
    assert perform(power_action, params(again, tls, state="cycled"), False)["changed"]


def test_ipmi_has_no_tree() -> None:
    with pytest.raises(errors.BmcProtocolError, match="with protocol redfish only"):
        info(IpmiBmc(BmcSettings("ipmi", "127.0.0.1", USER, PASSWORD)), {"tree": True}, False)


@pytest.mark.parametrize("address", ["https://127.0.0.1", "127.0.0.1:443", "127.0.0.1/redfish"])
def test_an_address_with_more_than_a_host_is_an_error(start: Start, tls: Path, address: str) -> None:
    service = start(TWIN)
    with pytest.raises(errors.BmcProtocolError, match=r"is no host; give the name or the IP address alone"):
        change(settings(service, tls, address=address), ["POST"])
    assert service.seen == []


def test_a_port_without_tls_is_named(start: Start, tls: Path) -> None:
    service = start(TWIN)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as plain:
        threading.Thread(target=plain.serve_forever, args=(0.05,), daemon=True).start()
        with pytest.raises(errors.BmcTlsError, match="does not speak TLS"):
            change(settings(service, tls, port=plain.server_port), ["POST"])
        plain.shutdown()


def test_a_password_with_other_letters_is_sent_as_utf_8(start: Start, tls: Path) -> None:
    service = start(TWIN)
    del service.tree["/redfish/v1"]["Links"]  # no sessions, so Basic authentication
    with pytest.raises(errors.BmcAuthError, match="HTTP 401"):
        change(settings(service, tls, password="pässwörd-日本"), ["POST"])
    sent = base64.b64encode("admin:pässwörd-日本".encode()).decode()
    assert service.authorizations[-1] == f"Basic {sent}"


def test_a_conflict_while_the_machine_starts_is_repeated(start: Start, tls: Path) -> None:
    service = start(TWIN, conflicts=2)
    result = perform(boot, params(service, tls, device="network", once=True), False)
    assert result["honoured"] and service.writes() == [409, 409, 204]


def test_an_empty_list_of_systems_says_so(start: Start, tls: Path) -> None:
    service = start(TWIN, faults=[Fault(path="Systems$", status=200, body=b'{"Members": []}')])
    with pytest.raises(errors.BmcProtocolError, match="it lists no system"):
        change(settings(service, tls, system=None), ["POST"])


def test_several_systems_are_named(start: Start, tls: Path) -> None:
    body = b'{"Members": [{"@odata.id": "/redfish/v1/Systems/A"}, {"@odata.id": "/redfish/v1/Systems/B"}]}'
    service = start(TWIN, faults=[Fault(path="Systems$", status=200, body=body)])
    with pytest.raises(errors.BmcProtocolError, match="it has 2 systems: A, B; name the one to use in"):
        change(settings(service, tls, system=None), ["POST"])


def test_a_byte_order_mark_is_read(start: Start, tls: Path) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"PowerState": "On"}).encode()
    service = start(TWIN, faults=[Fault(path="Systems/Node$", status=200, body=body)])
    with connected(settings(service, tls)) as bmc:
        assert bmc.power_state() is PowerState.ON


def test_a_retry_after_of_zero_does_not_flood_the_controller(start: Start, tls: Path) -> None:
    service = start(TWIN, faults=[Fault(path="Systems/Node$", status=503, headers={"Retry-After": "0"})])
    began = time.monotonic()
    with pytest.raises(errors.BmcBusy), connected(settings(service, tls, timeout=6)) as bmc:
        bmc.power_state()
    assert len(service.seen) <= 10 and time.monotonic() - began < 8
