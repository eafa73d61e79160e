# SPDX-License-Identifier: GPL-3.0-or-later
"""Spellings and placeholders of identities, fingerprints, and boot overrides as tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.answers import SESSIONS_FULL, reason_of
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.boot import apply_boot, judge, plan_boot
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.client import Resource
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.ensure import info
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.errors import BmcIdentityError, BmcProtocolError
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.facts import mac_of, same_uuid, serial_of, uuid_of
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.identity import check_identity, require_same_machine
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.override import override_of
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.quirks import quirks_of
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.session import Answer
from ansible_collections.groundup.cloud.plugins.module_utils.bmc.types import (
    BootDevice,
    BootOverride,
    Identity,
    PowerState,
)
from ansible_collections.groundup.cloud.plugins.module_utils.web.tls import fingerprint_of

UUID = "c7a5fdbd-cdaf-9455-926a-d65c16db1809"
SWAPPED = "bdfda5c7-afcd-5594-926a-d65c16db1809"
MAC = "52:54:00:00:02:01"


@pytest.mark.parametrize(
    "text",
    [
        "To be filled by O.E.M.",
        "Default string",
        "0123456789",
        "N/A",
        "n/a",
        "None",
        " ",
        "",
        "000000",
        "0",
        "...",
        "-",
        "Not Specified",
        "System Serial Number",
        "xxxxxxxx",
        "FFFFFFFF",
        "123456789",
        "Unknown",
        None,
        [],
        {},
        True,
    ],
)
def test_placeholders_are_no_serial_number(text: object) -> None:
    assert serial_of(text) is None


@pytest.mark.parametrize(
    ("text", "found"), [(" SN-1 ", "SN-1"), (4711, "4711"), ("00001", "00001"), ("F54P1G3", "F54P1G3")]
)
def test_serial_numbers(text: object, found: str) -> None:
    assert serial_of(text) == found


@pytest.mark.parametrize(
    "text", [UUID.upper(), UUID.replace("-", ""), f"{{{UUID}}}", f"urn:uuid:{UUID}", f" {UUID} ", SWAPPED]
)
def test_spellings_of_one_uuid(text: str) -> None:
    assert same_uuid(UUID, text) and same_uuid(text, UUID)
    assert require_same_machine(None, UUID, [], Identity(uuid=text), "bmc") == ["uuid"]


@pytest.mark.parametrize(
    "text",
    [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "N/A",
        "",
        None,
        12,
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
    ],
)
def test_placeholders_are_no_uuid(text: object) -> None:
    assert uuid_of(text) is None


@pytest.mark.parametrize(
    "text", ["52-54-00-00-02-01", "525400000201", "5254.0000.0201", "52:54:00:00:02:01", MAC.upper()]
)
def test_spellings_of_one_mac(text: str) -> None:
    assert mac_of(text) == MAC
    assert require_same_machine(None, None, [text], Identity(macs=(MAC,)), "bmc") == ["macs"]


@pytest.mark.parametrize(
    "text",
    [
        "Not Available",
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "20:00:00:25:B5:00:00:0F",
        "",
        None,
        7,
        ":".join(["80"] * 20),
    ],
)
def test_other_addresses_are_no_macs(text: object) -> None:
    assert mac_of(text) is None


@pytest.mark.parametrize(
    ("serial", "uuid", "macs", "found", "agrees"),
    [
        ("sn1 ", None, [], Identity(serial="SN1"), ["serial"]),
        ("SN1", "AB", ["52:54:00:00:00:01"], Identity(), []),
        (None, "AB-CD", [], Identity(uuid="ab-cd"), ["uuid"]),
        (None, None, ["52:54:00:00:00:0A", "52:54:00:00:00:0C"], Identity(macs=("52:54:00:00:00:0a", "y")), ["macs"]),
        ("SN1", None, [], Identity(serial="SN2"), None),
        ("SN1", "AB", [], Identity(serial="SN1", uuid="cd"), None),
        (None, None, ["52:54:00:00:00:0a"], Identity(macs=("52:54:00:00:00:0b",)), None),
        # A controller that lists its onboard ports only is no other machine where something stronger agrees.
        ("SN1", None, [MAC], Identity(serial="SN1", macs=("52:54:00:00:09:09",)), ["serial"]),
        (None, UUID, [MAC], Identity(uuid=SWAPPED, macs=("52:54:00:00:09:09",)), ["uuid"]),
        ("SN1", None, [MAC], Identity(serial="SN1", macs=(MAC,)), ["serial", "macs"]),
        # Placeholders prove nothing on either side, so the ports decide.
        ("Default string", None, [MAC], Identity(serial="Default string", macs=(MAC,)), ["macs"]),
        ("SN1", UUID, [MAC], Identity(serial="N/A", uuid="0" * 32, macs=(MAC,)), ["macs"]),
        ("SN1", None, [MAC], Identity(serial="To be filled by O.E.M.", macs=("52:54:00:00:09:09",)), None),
        ("0123456789", None, [], Identity(serial="0123456789"), []),
        # No port has an address, or one could not be read: unknown.
        (None, None, [MAC], Identity(macs=("Not Available", "00:00:00:00:00:00")), []),
        (None, None, [MAC], Identity(macs=("52:54:00:00:09:09",), ports_unread=1), []),
        # What is stronger refuses also where a port agrees.
        ("SN1", None, [MAC], Identity(serial="SN2", macs=(MAC,)), None),
        (None, UUID, [MAC], Identity(uuid=UUID.replace("c7", "c8"), macs=(MAC,)), None),
        ("TAG1", None, [], Identity(serial="CN77", service_tag="tag1"), ["serial"]),
        ("TAG2", None, [], Identity(serial="CN77", service_tag="TAG1"), None),
    ],
)
def test_serial_and_uuid_decide(
    serial: str | None, uuid: str | None, macs: list[str], found: Identity, agrees: list[str] | None
) -> None:
    if agrees is not None:
        assert require_same_machine(serial, uuid, macs, found, "bmc") == agrees
        return
    with pytest.raises(BmcIdentityError, match="nothing was changed"):
        require_same_machine(serial, uuid, macs, found, "bmc")


class Double:
    """A double of a controller that counts what is read and requested."""

    where = "bmc double"

    def __init__(self, shown: BootOverride | None = None, keeps_mode: bool = True) -> None:
        self.shown, self.keeps_mode = shown or BootOverride(BootDevice.NONE, None, "uefi"), keeps_mode
        self.reads: list[bool] = []
        self.requests: list[BootDevice] = []

    def identity(self, nics: bool = True) -> Identity:
        self.reads.append(nics)
        return Identity(serial="SN1", macs=(MAC,) if nics else ())

    def power_state(self) -> PowerState:
        return PowerState.OFF

    def boot_override(self) -> BootOverride:
        if self.shown.device is BootDevice.OTHER:
            raise BmcProtocolError("boot flags have 2 bytes", self.where, "set it in its setup")
        return self.shown

    def request_boot(self, device: BootDevice, once: bool) -> None:
        self.requests.append(device)
        # The first request leaves the mode out; the second names it, as another one is shown by then.
        named = self.keeps_mode or self.shown.mode == "legacy"
        self.shown = BootOverride(device, once, "uefi" if named else "legacy")


def test_ports_are_read_only_if_nothing_stronger_decides() -> None:
    bmc: Any = Double()
    assert (check_identity(bmc, "SN1", None, [MAC]), bmc.reads) == (["serial"], [False])
    bmc.reads.clear()
    assert (check_identity(bmc, None, None, [MAC]), bmc.reads) == (["macs"], [False, True])


def test_a_mode_that_changed_with_the_device_is_set_again() -> None:
    bmc: Any = Double(keeps_mode=False)
    result = apply_boot(bmc, plan_boot(BootDevice.NETWORK, True, bmc.boot_override(), "uefi"))
    assert result.honoured and bmc.shown.mode == "uefi" and len(bmc.requests) == 2


def test_another_mode_is_not_honoured() -> None:
    wanted = BootOverride(BootDevice.NETWORK, True, "uefi")
    assert not judge(wanted, BootOverride(BootDevice.NETWORK, True, "legacy")).honoured
    assert judge(wanted, BootOverride(BootDevice.NETWORK, True, None)).honoured
    assert plan_boot(BootDevice.NETWORK, True, BootOverride(BootDevice.NETWORK, True, "legacy"), "uefi").changed


@pytest.mark.parametrize(
    ("text", "mode"), [("UEFI", "uefi"), ("Legacy", "legacy"), ("None", None), (None, None), (3, None)]
)
def test_modes_that_are_shown(text: object, mode: str | None) -> None:
    boot = {"BootSourceOverrideEnabled": "Once", "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideMode": text}
    assert override_of(Resource("/1", {"Boot": boot}), None) == BootOverride(BootDevice.NETWORK, True, mode)


def test_unreadable_boot_flags_do_not_hide_identity_and_power() -> None:
    bmc: Any = Double(BootOverride(BootDevice.OTHER, None))
    result = info(bmc, {}, False)
    assert (result["power"], result["boot"]) == ("off", None) and "boot flags" in result["warnings"][0]


@pytest.mark.parametrize("prefix", ["", "SHA256:", "sha256 Fingerprint=", "SHA-256: "])
def test_spellings_of_a_fingerprint(prefix: str) -> None:
    assert fingerprint_of(prefix + ":".join(["AB"] * 32)) == "ab" * 32


@pytest.mark.parametrize("text", ["ab" * 16, "ab" * 20, "xy" * 32, "SHA1:" + "ab" * 20, ""])
def test_weak_fingerprints_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        fingerprint_of(text)


def test_quirks_know_makers_by_either_name() -> None:
    assert quirks_of("AMI", "NVIDIA").full_boot_body
    assert quirks_of(None, "Super Micro Computer, Inc.").names_mode
    assert quirks_of("Dell", "Dell Inc.").tag_in_sku and not quirks_of("HPE", None).tag_in_sku


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": {"message": "General", "@Message.ExtendedInfo": [{"Message": "Lid open"}]}}', "General Lid open"),
        (b'{"error": {"@Message.ExtendedInfo": {"MessageId": "Base.1.0.X"}}}', "Base.1.0.X"),
        (b'{"cc": 7, "error": "Service busy"}', "Service busy"),
        (b"<h1>Bad  gateway</h1>", "Bad gateway"),
        (b'{"error": null}', ""),
        (b"[]", ""),
        (b"", ""),
    ],
)
def test_reasons_of_makers(body: bytes, reason: str) -> None:
    assert reason_of(Answer(400, {}, body)) == reason


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("Base.1.8.SessionLimitExceeded", True),
        ("The maximum number of user sessions is reached", True),
        ("RAC0218", True),
        ("Invalid user name or password", False),
        ("The session has timed out", False),
    ],
)
def test_full_session_tables(text: str, full: bool) -> None:
    assert bool(SESSIONS_FULL.search(text)) is full
