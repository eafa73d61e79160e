# SPDX-License-Identifier: GPL-3.0-or-later
"""Redfish against sushy-tools, with known faults of BMCs."""

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
    # A minute, so that on a busy host only the tests of the time limit reach it.
    return BmcSettings(
        "redfish", "127.0.0.1", "admin", PASSWORD, port=proxy.port, fingerprint=service.fingerprint, timeout=60
    )


@pytest.fixture
def bmc(settings: BmcSettings) -> Iterator[Bmc]:
    with connected(settings) as bmc:
        yield bmc


def requests_of(proxy: FaultProxy, method: str) -> list[int]:
    return [request.status for request in proxy.requests if request.method == method]


def test_identity_contains_uuid_and_macs(bmc: Bmc) -> None:
    found = bmc.identity()
    assert (found.uuid, found.macs) == (UUID, (MAC,))
    assert require_same_machine(None, UUID.upper(), [MAC], found, bmc.where) == ["uuid", "macs"]


@pytest.mark.parametrize(
    ("serial", "uuid", "macs"),
    [(None, "11111111-0000-0000-0000-000000000000", [MAC]), (None, None, ["52:54:00:99:99:99"])],
)
def test_another_machine_at_the_address_is_refused(
    bmc: Bmc, serial: str | None, uuid: str | None, macs: list[str]
) -> None:
    with pytest.raises(errors.BmcIdentityError, match="another machine is behind this address"):
        require_same_machine(serial, uuid, macs, bmc.identity(), bmc.where)


def test_power_is_changed_only_if_needed(bmc: Bmc) -> None:
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


def test_a_certificate_of_the_ca_file_is_accepted(settings: BmcSettings, service: Service) -> None:
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
def test_a_wrong_certificate_is_refused_before_any_request(
    settings: BmcSettings, service: Service, proxy: FaultProxy, wrong: Callable[[BmcSettings, Service], BmcSettings]
) -> None:
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcTlsError, match="no credentials were sent"),
        connected(wrong(settings, service)) as bmc,
    ):
        bmc.power_state()
    assert proxy.requests == []
    assert time.monotonic() - begin < 2


def test_a_wrong_password_is_sent_once(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcAuthError, match="401") as caught,
        connected(dataclasses.replace(settings, password="wrong-one-7")) as bmc,
    ):
        bmc.power_state()
    assert sum(1 for request in proxy.requests if request.authorization) == 1
    assert "wrong-one-7" not in f"{caught.value} {caught.value.evidence} {caught.value!r}"


def test_a_busy_bmc_is_retried(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503, headers={"Retry-After": "1"}, times=3)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)
    assert requests_of(proxy, "GET")[:3] == [503] * 3


def test_a_permanently_busy_bmc_is_an_error(settings: BmcSettings, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503)]
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcBusy, match="503"),
        connected(dataclasses.replace(settings, timeout=12)) as bmc,
    ):
        bmc.power_state()
    assert 5 < time.monotonic() - begin < 14


def test_a_retry_after_the_time_limit_is_not_waited_for(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=503, headers={"Retry-After": "600"})]
    begin = time.monotonic()
    with pytest.raises(errors.BmcBusy):
        bmc.power_state()
    assert requests_of(proxy, "GET") == [503], "a second request would exceed the time limit"
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize("fault", [Fault(delay=60), Fault(drip=0.5)], ids=["no response", "slow response"])
def test_a_hanging_bmc_is_unreachable(settings: BmcSettings, proxy: FaultProxy, fault: Fault) -> None:
    proxy.faults = [fault]
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcUnreachable, match="check the address"),
        connected(dataclasses.replace(settings, timeout=4)) as bmc,
    ):
        bmc.power_state()
    assert time.monotonic() - begin < 7


def test_a_closed_port_is_unreachable(settings: BmcSettings) -> None:
    begin = time.monotonic()
    with (
        pytest.raises(errors.BmcUnreachable, match="refused"),
        connected(dataclasses.replace(settings, port=1, timeout=8)) as bmc,
    ):
        bmc.power_state()
    assert time.monotonic() - begin < 9


def test_a_slow_bmc_is_waited_for(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(delay=3, times=2)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)


def test_requests_are_repeated_after_a_lost_connection(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(method="GET", drop=True, times=2)]
    assert bmc.power_state() in (PowerState.ON, PowerState.OFF)


def test_a_weak_etag_is_sent_as_a_strong_one(bmc: Bmc, proxy: FaultProxy) -> None:
    """The BMC returns a weak ETag and requires the strong one: it answers 412 first."""
    proxy.etag = 'W/"17"'
    proxy.faults = [Fault(method="PATCH", status=412, when=lambda handler: handler.headers["If-Match"] != '"17"')]
    bmc.request_boot(BootDevice.NETWORK, True)
    assert requests_of(proxy, "PATCH") == [412, 204]
    assert bmc.boot_override().device is BootDevice.NETWORK


def test_a_permanently_stale_etag_is_omitted(bmc: Bmc, proxy: FaultProxy) -> None:
    """The BMC's ETag is always stale; it accepts the change without one."""
    proxy.etag = '"stale"'
    proxy.faults = [Fault(method="PATCH", status=412, when=lambda handler: bool(handler.headers["If-Match"]))]
    bmc.request_boot(BootDevice.DISK, True)
    assert requests_of(proxy, "PATCH") == [412, 204]


def test_if_match_is_sent_after_428(bmc: Bmc, proxy: FaultProxy) -> None:
    """AMI's BMC answers 428 without If-Match, although it sent no ETag."""
    proxy.faults = [Fault(method="PATCH", status=428, when=lambda handler: not handler.headers["If-Match"])]
    bmc.request_boot(BootDevice.NETWORK, True)
    assert [request.if_match for request in proxy.requests if request.method == "PATCH"] == [None, "*"]


def test_conflict_on_power_on_is_repeated(bmc: Bmc, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """iDRAC10 answers 409 to On shortly after Off."""
    module = "ansible_collections.groundup.cloud.plugins.module_utils.bmc.power"
    monkeypatch.setattr(f"{module}.CONFLICT_PAUSE", 0.2)
    apply_power(bmc, plan_power("off", bmc.power_state()), PowerRules(graceful=False, wait=30))
    proxy.faults = [Fault(method="POST", path="ComputerSystem.Reset", status=409, times=2)]
    apply_power(bmc, plan_power("on", bmc.power_state()), PowerRules(wait=30))
    assert requests_of(proxy, "POST")[-3:] == [409, 409, 204]


def test_a_patch_without_effect_is_reported(bmc: Bmc, proxy: FaultProxy) -> None:
    apply_boot(bmc, plan_boot(BootDevice.DISK, True, bmc.boot_override()))
    proxy.faults = [Fault(method="PATCH", status=204, body=b"")]
    result = apply_boot(bmc, plan_boot(BootDevice.NETWORK, True, bmc.boot_override()))
    assert not result.honoured
    assert result.read_back.device is BootDevice.DISK


def test_an_invalid_json_response_is_an_error(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=200, body=b"<html>login</html>")]
    with pytest.raises(errors.BmcProtocolError, match="no valid JSON"):
        bmc.power_state()


def test_a_redirect_is_not_followed(bmc: Bmc, proxy: FaultProxy) -> None:
    proxy.faults = [Fault(status=302, headers={"Location": "https://127.0.0.1:1/steal"}, body=b"")]
    with pytest.raises(errors.BmcProtocolError):
        bmc.power_state()


@pytest.mark.parametrize(("status", "words"), [(500, ["HTTP 500"]), (405, ["HTTP 405"]), (404, [])])
def test_a_failed_logout_is_a_warning(service: Service, proxy: FaultProxy, status: int, words: list[str]) -> None:
    """A double of a session service whose logout fails after the work was done."""
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
    statuses = [text.split("the session could not be ended (")[1][:8] for text in result.get("warnings", [])]
    assert statuses == words, "404 means that the session has already ended"


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", "https://127.0.0.1:1", "https://localhost:{port}"])
def test_credentials_go_to_no_other_server(bmc: Bmc, proxy: FaultProxy, origin: str) -> None:
    """Absolute links to HTTP without TLS, another port or another host must not be followed with the password."""
    link = origin.format(port=proxy.port) + SYSTEM
    body = b'{"Id": "Systems", "Members": [{"@odata.id": "%s"}]}' % link.encode()
    proxy.faults = [Fault(path="^/redfish/v1/Systems$", status=200, body=body)]
    with pytest.raises(errors.BmcProtocolError, match="as a part of itself; nothing was sent there"):
        bmc.power_state()
    assert [request.path for request in proxy.requests if request.path == SYSTEM] == []


def test_a_missing_ca_file_is_an_error(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcTlsError, match=r"no file /nonexistent/ca.crt.*bmc\.tls\.ca_file"),
        connected(dataclasses.replace(settings, fingerprint=None, ca_file="/nonexistent/ca.crt")) as bmc,
    ):
        bmc.power_state()
    assert proxy.requests == []


def test_an_invalid_fingerprint_is_an_error(settings: BmcSettings, proxy: FaultProxy) -> None:
    with (
        pytest.raises(errors.BmcTlsError, match=r"bmc\.tls\.fingerprint"),
        connected(dataclasses.replace(settings, fingerprint="no fingerprint")) as bmc,
    ):
        bmc.power_state()
    assert proxy.requests == []


def test_a_password_in_a_response_is_masked(
    settings: BmcSettings, proxy: FaultProxy, capfd: pytest.CaptureFixture[str]
) -> None:
    body = b'{"error": {"code": "Base.1.0.GeneralError", "message": "%s is not allowed"}}' % PASSWORD.encode()
    proxy.faults = [Fault(status=403, body=body)]
    with pytest.raises(errors.BmcAuthError) as caught, connected(settings) as bmc:
        bmc.power_state()
    assert "******** is not allowed" in str(caught.value)
    assert PASSWORD not in f"{caught.value} {caught.value.evidence} {capfd.readouterr()}"


def test_sessions_are_ended(settings: BmcSettings, proxy: FaultProxy) -> None:
    """A double of a session service (sushy-tools has none): a session is deleted, also after an error."""
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
    assert [(request.method, request.path) for request in proxy.requests][-1] == ("DELETE", f"{path}/7")
