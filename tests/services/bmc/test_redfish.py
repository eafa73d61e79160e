# SPDX-License-Identifier: GPL-3.0-or-later
"""Redfish against sushy-tools, with every fault a controller is known for."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc import errors
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import apply_boot, plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.connect import connected
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import info, perform
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.identity import require_same_machine
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.power import PowerRules, apply_power, plan_power
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import Bmc, BmcSettings, BootDevice, PowerState

from .conftest import MAC, PASSWORD, UUID, Service
from .fault_proxy import Fault, FaultProxy

pytestmark = pytest.mark.services
SYSTEM = f"/redfish/v1/Systems/{UUID}"


@pytest.fixture
def settings(service: Service, proxy: FaultProxy) -> BmcSettings:
    # A minute, so that only the tests that are about patience can run out of it, however busy this machine is.
    return BmcSettings(
        "redfish", "127.0.0.1", "admin", PASSWORD, port=proxy.port, fingerprint=service.fingerprint, timeout=60
    )


@pytest.fixture
def bmc(settings: BmcSettings) -> Iterator[Bmc]:
    with connected(settings) as bmc:
        yield bmc


def requests_of(proxy: FaultProxy, method: str) -> list[int]:
    return [seen.status for seen in proxy.seen if seen.method == method]


def test_identity(bmc: Bmc) -> None:
    found = bmc.identity()
    assert (found.uuid, found.macs) == (UUID, (MAC,))
    assert require_same_machine(None, UUID.upper(), [MAC], found, bmc.where) == ["uuid", "macs"]


@pytest.mark.parametrize(
    ("serial", "uuid", "macs"),
    [(None, "11111111-0000-0000-0000-000000000000", [MAC]), (None, None, ["52:54:00:99:99:99"])],
)
def test_another_machine_behind_the_address(bmc: Bmc, serial: str | None, uuid: str | None, macs: list[str]) -> None:
    with pytest.raises(errors.BmcIdentityError, match="another machine is behind this address"):
        require_same_machine(serial, uuid, macs, bmc.identity(), bmc.where)


def test_power_cycle_and_no_op(bmc: Bmc) -> None:
    apply_power(bmc, plan_power("on", bmc.power_state()), PowerRules(wait=30))
    assert bmc.power_state() is PowerState.ON
    assert not plan_power("on", bmc.power_state()).changed
    plan = plan_power("cycled", bmc.power_state())
    assert plan.steps == ("off", "on")
    apply_power(bmc, plan_power("off", bmc.power_state()), PowerRules(graceful=False, wait=30))
    assert bmc.power_state() is PowerState.OFF


def test_boot_override_is_read_back(bmc: Bmc) -> None:
    result = apply_boot(bmc, plan_boot(BootDevice.NETWORK, True, bmc.boot_override()))
    assert result.honoured
    result = apply_boot(bmc, plan_boot(BootDevice.DISK, True, bmc.boot_override()))
    assert result.read_back.device is BootDevice.DISK


def test_ca_file(settings: BmcSettings, service: Service) -> None:
    with connected(dataclasses.replace(settings, fingerprint=None, ca_file=service.ca)) as bmc:
        assert bmc.power_state() in (PowerState.ON, PowerState.OFF)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda settings, service: dataclasses.replace(settings, fingerprint="ab" * 32),
        lambda settings, service: dataclasses.replace(
            settings, fingerprint=None, ca_file=f"{service.directory}/other.crt"
        ),
        lambda settings, service: dataclasses.replace(settings, fingerprint=None),
    ],
    ids=["fingerprint", "ca_file", "system CAs"],
)
def test_wrong_certificate_gets_no_request_and_no_password(
    settings: BmcSettings, service: Service, proxy: FaultProxy, wrong: Callable[[BmcSettings, Service], BmcSettings]
) -> None:
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcTlsError, match="no credentials were sent"),
        connected(wrong(settings, service)) as bmc,
    ):
        bmc.power_state()
    assert proxy.seen == []
    assert time.monotonic() - begin < 2


def test_wrong_password_is_sent_once(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcAuthError, match="401") as caught,
        connected(dataclasses.replace(settings, password="wrong-one-7")) as bmc,
    ):
        bmc.power_state()
    assert sum(1 for seen in proxy.seen if seen.authorization) == 1
    assert "wrong-one-7" not in f"{caught.value} {caught.value.evidence} {caught.value!r}"


def test_busy_then_well(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503, headers={"Retry-After": "1"}, times=3)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)
    assert requests_of(proxy, "GET")[:3] == [503] * 3


def test_busy_for_ever(settings: BmcSettings, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503)]
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcBusy, match="503"),
        connected(dataclasses.replace(settings, timeout=12)) as bmc,
    ):
        bmc.power_state()
    assert 5 < time.monotonic() - begin < 14


def test_busy_longer_than_we_wait(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503, headers={"Retry-After": "600"})]
    begin = time.monotonic()
    with pytest.raises(errors.BmcBusy):
        bmc.power_state()
    assert requests_of(proxy, "GET") == [503], "asked once: there is no time for a second question"
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("fault", [Fault(delay=60), Fault(drip=0.5)], ids=["silent", "dripping"])
def test_controller_that_hangs(settings: BmcSettings, proxy: FaultProxy, fault: Fault) -> None:
    proxy.faults = [fault]
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcUnreachable, match="check the address"),
        connected(dataclasses.replace(settings, timeout=4)) as bmc,
    ):
        bmc.power_state()
    assert time.monotonic() - begin < 7


def test_nobody_listens(settings: BmcSettings) -> None:
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcUnreachable, match="refused"),
        connected(dataclasses.replace(settings, port=1, timeout=8)) as bmc,
    ):
        bmc.power_state()
    assert time.monotonic() - begin < 9


def test_a_slow_controller_is_waited_for(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(delay=3, times=2)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)


def test_lost_connections_are_repeated(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(method="GET", drop=True, times=2)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)


def test_stale_etag(bmc: Bmc, proxy: FaultProxy) -> None:
    """The controller gives a weak ETag and wants the strong one: 412 first."""
    proxy.etag = 'W/"17"'
    proxy.faults = [Fault(method="PATCH", status=412, when=lambda handler: handler.headers["If-Match"] != '"17"')]
    bmc.request_boot(BootDevice.NETWORK, True)
    assert requests_of(proxy, "PATCH") == [412, 204]
    assert bmc.boot_override().device is BootDevice.NETWORK


def test_etag_that_never_fits(bmc: Bmc, proxy: FaultProxy) -> None:
    """The ETag given is always stale; without one the change is accepted."""
    proxy.etag = '"stale"'
    proxy.faults = [Fault(method="PATCH", status=412, when=lambda handler: bool(handler.headers["If-Match"]))]
    bmc.request_boot(BootDevice.DISK, True)
    assert requests_of(proxy, "PATCH") == [412, 204]


def test_precondition_required(bmc: Bmc, proxy: FaultProxy) -> None:
    """AMI answers 428 when no If-Match is sent, though it offered no ETag."""
    proxy.faults = [Fault(method="PATCH", status=428, when=lambda handler: not handler.headers["If-Match"])]
    bmc.request_boot(BootDevice.NETWORK, True)
    assert [seen.if_match for seen in proxy.seen if seen.method == "PATCH"] == [None, "*"]


def test_conflict_on_power_on_is_repeated(bmc: Bmc, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """iDRAC10 answers 409 to On shortly after Off."""
    module = "ansible_collections.groundup.cloud.plugins.module_utils.bmc.power"
    monkeypatch.setattr(f"{module}.CONFLICT_PAUSE", 0.2)
    apply_power(bmc, plan_power("off", bmc.power_state()), PowerRules(graceful=False, wait=30))
    proxy.faults = [Fault(method="POST", path="ComputerSystem.Reset", status=409, times=2)]
    apply_power(bmc, plan_power("on", bmc.power_state()), PowerRules(wait=30))
    assert requests_of(proxy, "POST")[-3:] == [409, 409, 204]


def test_patch_without_effect_is_noticed(bmc: Bmc, proxy: FaultProxy) -> None:
    apply_boot(bmc, plan_boot(BootDevice.DISK, True, bmc.boot_override()))
    proxy.faults = [Fault(method="PATCH", status=204, body=b"")]
    result = apply_boot(bmc, plan_boot(BootDevice.NETWORK, True, bmc.boot_override()))
    assert not result.honoured
    assert result.read_back.device is BootDevice.DISK


def test_answer_that_is_no_json(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=200, body=b"<html>login</html>")]
    with pytest.raises(errors.BmcProtocolError, match="no valid JSON"):
        bmc.power_state()


def test_a_redirect_is_not_followed(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=302, headers={"Location": "https://127.0.0.1:1/steal"}, body=b"")]
    with pytest.raises(errors.BmcProtocolError):
        bmc.power_state()


@pytest.mark.parametrize(("status", "words"), [(500, ["HTTP 500"]), (405, ["HTTP 405"]), (404, [])])
def test_a_session_that_can_t_be_ended_is_a_warning(
    service: Service, proxy: FaultProxy, status: int, words: list[str]
) -> None:
    """A double of a session service that logs in, answers and then fails at the logout: the work was done."""
    path = "/redfish/v1/SessionService/Sessions"
    root = (
        b'{"Id": "Root", "Systems": {"@odata.id": "/redfish/v1/Systems"}, "Links": {"Sessions": {"@odata.id": "%s"}}}'
    )
    proxy.faults = [
        Fault(path="^/redfish/v1/$", status=200, body=root % path.encode()),
        Fault(method="POST", path=path, status=201, headers={"X-Auth-Token": "t", "Location": f"{path}/7"}, body=b"{}"),
        Fault(method="DELETE", status=status),
        Fault(path=f"^{SYSTEM}$", status=200, body=b'{"Id": "1", "PowerState": "On", "SerialNumber": "SN-1"}'),
    ]
    tls = {"fingerprint": service.fingerprint}
    bmc = {"protocol": "redfish", "address": "127.0.0.1", "port": proxy.port, "username": "admin", "tls": tls}
    result = perform(info, {**bmc, "password": PASSWORD, "system": UUID, "timeout": 8}, False)
    assert (result.get("failed"), result["power"], result["identity"]["serial"]) == (None, "on", "SN-1")
    told = [text.split("the session could not be ended (")[1][:8] for text in result.get("warnings", [])]
    assert told == words, "404: it has ended by itself"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "https://127.0.0.1:1", "https://localhost:{port}"])
def test_credentials_go_to_no_other_server(bmc: Bmc, proxy: FaultProxy, origin: str) -> None:
    """Links may be absolute: HTTP without TLS, another port or another name would get the password."""
    link = origin.format(port=proxy.port) + SYSTEM
    body = b'{"Id": "Systems", "Members": [{"@odata.id": "%s"}]}' % link.encode()
    proxy.faults = [Fault(path="^/redfish/v1/Systems$", status=200, body=body)]
    with pytest.raises(errors.BmcProtocolError, match="as a part of itself; nothing was sent there"):
        bmc.power_state()
    assert [seen.path for seen in proxy.seen if seen.path == SYSTEM] == []


def test_a_ca_file_that_is_not_there(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcTlsError, match=r"no file /nonexistent/ca.crt.*bmc\.tls\.ca_file"),
        connected(dataclasses.replace(settings, fingerprint=None, ca_file="/nonexistent/ca.crt")) as bmc,
    ):
        bmc.power_state()
    assert proxy.seen == []


def test_a_fingerprint_that_is_none(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcTlsError, match=r"bmc\.tls\.fingerprint"),
        connected(dataclasses.replace(settings, fingerprint="no fingerprint")) as bmc,
    ):
        bmc.power_state()
    assert proxy.seen == []


def test_a_password_that_the_controller_echoes_is_not_repeated(
    settings: BmcSettings, proxy: FaultProxy, capfd: pytest.CaptureFixture[str]
) -> None:
    body = b'{"error": {"code": "Base.1.0.GeneralError", "message": "%s is not allowed"}}' % PASSWORD.encode()
    proxy.faults = [Fault(status=403, body=body)]
    with pytest.raises(errors.BmcAuthError) as caught, connected(settings) as bmc:
        bmc.power_state()
    assert "******** is not allowed" in str(caught.value)
    assert PASSWORD not in f"{caught.value} {caught.value.evidence} {capfd.readouterr()}"


def test_sessions_are_ended(settings: BmcSettings, proxy: FaultProxy) -> None:
    """A double of a session service (sushy-tools has none): what is opened is deleted, even after an error."""
    path = "/redfish/v1/SessionService/Sessions"
    root = (
        b'{"Id": "Root", "Systems": {"@odata.id": "/redfish/v1/Systems"}, "Links": {"Sessions": {"@odata.id": "%s"}}}'
    )
    proxy.faults = [
        Fault(path="^/redfish/v1/$", status=200, body=root % path.encode()),
        Fault(method="POST", path=path, status=201, headers={"X-Auth-Token": "t", "Location": f"{path}/7"}, body=b"{}"),
        Fault(method="DELETE", path=f"{path}/7", status=204, body=b""),
        Fault(status=500),
    ]
    with pytest.raises(errors.BmcProtocolError, match="500"), connected(settings) as bmc:
        bmc.power_state()
    assert [(seen.method, seen.path) for seen in proxy.seen][-1] == ("DELETE", f"{path}/7")
