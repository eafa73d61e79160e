# SPDX-License-Identifier: GPL-3.0-or-later
"""IPMI with recorded answers of ipmitool 1.8.19 (from virtualbmc 3.3.0, unless said otherwise)."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc import errors
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import apply_boot, mode_of, plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import info, perform
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ipmi import Answer, IpmiBmc
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import (
    BmcSettings,
    BootDevice,
    BootOverride,
    PowerState,
)
from checks.clock import SkippingClock

SECRET = "pw-for-ipmi"
CIPHER = (
    "Authentication algorithm 0x01 is not what we requested 0x03\nError: Unable to establish IPMI v2 / RMCP+ session"
)
PASSWORD = "> RAKP 2 HMAC is invalid\nError: Unable to establish IPMI v2 / RMCP+ session"
SILENT = "Error: Unable to establish IPMI v2 / RMCP+ session"


class Recorded:
    """Answers of ipmitool by (cipher, command); records the commands."""

    def __init__(self, answers: dict[tuple[int, str], list[Answer]]) -> None:
        self.answers = answers
        self.commands: list[tuple[int, str]] = []

    def __call__(self, command: list[str], environment: dict[str, str], timeout: float) -> Answer:
        assert SECRET not in " ".join(command), "a password on a command line is readable by everybody"
        assert environment["IPMITOOL_PASSWORD"] == SECRET
        cipher, words = int(command[command.index("-C") + 1]), " ".join(command[command.index("-R") + 2 :])
        self.commands.append((cipher, words))
        found = self.answers[(cipher, words)]
        return found.pop(0) if len(found) > 1 else found[0]


STATUS = "chassis power status"
READ = "raw 0x00 0x09 0x05 0x00 0x00"


def bmc(monkeypatch: pytest.MonkeyPatch, recorded: Recorded, **settings: object) -> IpmiBmc:
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/ipmitool")
    return IpmiBmc(BmcSettings("ipmi", "10.20.0.102", "admin", SECRET, **settings), recorded, SkippingClock())  # type: ignore[arg-type]


def test_cipher_3_is_used_after_17_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    on = Answer(0, "Chassis Power is on\n", "")
    recorded = Recorded({(17, STATUS): [Answer(1, "", CIPHER)], (3, STATUS): [on]})
    found = bmc(monkeypatch, recorded)
    assert [found.power_state(), found.power_state()] == [PowerState.ON, PowerState.ON]
    assert [cipher for cipher, __ in recorded.commands] == [17, 3, 3]


def test_a_wrong_password_is_sent_once(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = Recorded({(17, STATUS): [Answer(1, "", PASSWORD)]})
    with pytest.raises(errors.BmcAuthError, match=r"bmc\.password") as caught:
        bmc(monkeypatch, recorded).power_state()
    assert len(recorded.commands) == 1
    assert SECRET not in f"{caught.value}{caught.value.evidence}"


@pytest.mark.parametrize("answer", [Answer(1, "", SILENT), Answer(1, "", "timeout")])
def test_a_silent_controller_is_unreachable(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> None:
    recorded = Recorded({(17, STATUS): [answer], (3, STATUS): [answer]})
    with pytest.raises(errors.BmcUnreachable, match="UDP 623"):
        bmc(monkeypatch, recorded).power_state()


def test_a_busy_controller_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, off = Answer(1, "", "Error: Node busy"), Answer(0, "Chassis Power is off\n", "")
    recorded = Recorded({(3, STATUS): [busy, busy, off]})
    assert bmc(monkeypatch, recorded, cipher=3).power_state() is PowerState.OFF
    assert len(recorded.commands) == 3


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" 01 05 80 04 00 00 00", BootOverride(BootDevice.NETWORK, True, "legacy")),
        (" 01 05 a0 04 00 00 00", BootOverride(BootDevice.NETWORK, True, "uefi")),
        (" 01 05 e0 08 00 00 00", BootOverride(BootDevice.DISK, False, "uefi")),
        (" 01 05 a0 24 00 00 00", BootOverride(BootDevice.DISK, True, "uefi")),  # Supermicro
        (" 01 05 00 04 00 00 00", BootOverride(BootDevice.NONE, True, "legacy")),
    ],
)
def test_boot_flags_are_read_as_bytes(monkeypatch: pytest.MonkeyPatch, raw: str, expected: BootOverride) -> None:
    recorded = Recorded({(3, READ): [Answer(0, raw, "")]})
    assert bmc(monkeypatch, recorded, cipher=3).boot_override() == expected


@pytest.mark.parametrize(
    ("firmware", "device", "once", "expected"),
    [
        ("uefi", BootDevice.NETWORK, True, "raw 0x00 0x08 0x05 0xa0 0x04 0x00 0x00 0x00"),
        ("uefi", BootDevice.DISK, False, "raw 0x00 0x08 0x05 0xe0 0x08 0x00 0x00 0x00"),
        ("bios", BootDevice.NETWORK, True, "raw 0x00 0x08 0x05 0x80 0x04 0x00 0x00 0x00"),
        ("bios", BootDevice.NONE, True, "raw 0x00 0x08 0x05 0x00 0x00 0x00 0x00 0x00"),
    ],
)
def test_boot_flags_are_written(
    monkeypatch: pytest.MonkeyPatch, firmware: str, device: BootDevice, once: bool, expected: str
) -> None:
    no_expiry = "raw 0x00 0x08 0x03 0x08"  # OpenBMC refuses this one: not an error
    recorded = Recorded({(3, no_expiry): [Answer(1, "", "rsp=0xcc")], (3, expected): [Answer(0, "", "")]})
    bmc(monkeypatch, recorded, cipher=3, firmware=firmware).request_boot(device, once)
    assert recorded.commands == [(3, no_expiry), (3, expected)]


def test_an_unsupported_boot_device_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(errors.BmcProtocolError, match="or Redfish"):
        bmc(monkeypatch, Recorded({})).request_boot(BootDevice.HTTP, True)


def test_a_flag_of_uefi_that_is_not_read_back_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """virtualbmc, and not it alone, answers without the flag of UEFI that was set."""
    shown = {
        "raw 0x00 0x08 0x03 0x08": "",
        "raw 0x00 0x08 0x05 0xa0 0x04 0x00 0x00 0x00": "",
        READ: " 01 05 80 04 00 00 00",
    }
    recorded = Recorded({(3, words): [Answer(0, out, "")] for words, out in shown.items()})
    found = bmc(monkeypatch, recorded, cipher=3)
    mode = mode_of("ipmi", "uefi")
    result = apply_boot(found, plan_boot(BootDevice.NETWORK, True, BootOverride(BootDevice.NONE, True, "legacy"), mode))
    assert result.honoured and len(recorded.commands) == 3
    assert not plan_boot(BootDevice.NETWORK, True, found.boot_override(), mode).changed


LEVEL = "Error: Set Session Privilege Level to ADMINISTRATOR failed\n" + SILENT
RAKP_LEVEL = "RAKP 2 message indicates an error : unauthorized role requested\n" + SILENT


@pytest.mark.parametrize("refusal", [LEVEL, RAKP_LEVEL])
def test_an_operator_may_log_in(monkeypatch: pytest.MonkeyPatch, refusal: str) -> None:
    on = Answer(0, "Chassis Power is on", "")
    operator = f"-L OPERATOR {STATUS}"
    recorded = Recorded({(17, STATUS): [Answer(1, "", refusal)], (17, operator): [on]})
    found = bmc(monkeypatch, recorded)
    assert [found.power_state(), found.power_state()] == [PowerState.ON, PowerState.ON]
    assert recorded.commands == [(17, STATUS), (17, operator), (17, operator)]


def test_a_missing_privilege_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = f"-L OPERATOR {STATUS}"
    recorded = Recorded({(17, STATUS): [Answer(1, "", LEVEL)], (17, operator): [Answer(1, "", RAKP_LEVEL)]})
    with pytest.raises(errors.BmcAuthError, match="the level Operator or Administrator"):
        bmc(monkeypatch, recorded).power_state()
    assert len(recorded.commands) == 2


@pytest.mark.parametrize(("name", "text"), [("username", "a" * 17), ("password", "ü" * 11)])
def test_a_name_or_password_that_ipmi_cuts_off_is_an_error(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/ipmitool")
    given = {"username": "admin", "password": SECRET, name: text}
    found = IpmiBmc(BmcSettings("ipmi", "10.20.0.102", **given), Recorded({}), SkippingClock())
    with pytest.raises(errors.BmcAuthError, match="bytes, and IPMI takes at most") as caught:
        found.power_state()
    assert text not in str(caught.value)


def test_placeholders_of_the_fru_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    fru = " Product Serial        : To be filled by O.E.M.\n Chassis Serial        : CH-77\n"
    guid = "System GUID  : 00000000-0000-0000-0000-000000000000\n"
    recorded = Recorded({(3, "fru print 0"): [Answer(0, fru, "")], (3, "mc guid"): [Answer(0, guid, "")]})
    found = bmc(monkeypatch, recorded, cipher=3).identity()
    assert (found.serial, found.uuid) == ("CH-77", None)


def test_a_missing_ipmitool_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    found = bmc(monkeypatch, Recorded({}))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(errors.BmcProgramMissing, match="apt install ipmitool"):
        found.power_state()


def test_a_missing_ipmitool_is_no_missing_python_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    params = {"protocol": "ipmi", "address": "10.0.0.1", "username": "u", "password": SECRET}
    result = perform(info, params, check=True)
    assert "missing_library" not in result
    assert "ipmitool is missing" in result["msg"] and "apt install ipmitool" in result["msg"]
