# SPDX-License-Identifier: GPL-3.0-or-later
"""The state machine of ceph_osd: what is left, what is done now, what is waited for, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.layout import Device, Layout, Pool
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd import Foreign
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_names import (
    Identity,
    Named,
    identity,
    not_consented,
    resolve,
)
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_plan import (
    Action,
    Daemon,
    Seen,
    Step,
    Wanted,
    decide,
    steps,
)
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.osd_refusals import refusals, without_consent
from ansible_collections.groundup.cloud.plugins.module_utils.ceph.runner import CephError
from ansible_collections.groundup.cloud.plugins.module_utils.waiting.missing import Row

GIB = 1024**3
RECOVERY = (Row("2 of 8 PGs", "active+undersized"),)


def osd(number: int, **more: Any) -> Device:
    place = {"host": f"n{number}", "root": "default"}
    return Device(number, place, size=100 * GIB, used=10 * GIB, pgs=8, **more)


def seen(*devices: Device, **more: Any) -> Seen:
    """Five machines with an OSD each, but for those that are given; `without` drops some."""
    found = {number: osd(number) for number in range(5)} | {device.id: device for device in devices}
    for number in more.pop("without", ()):
        del found[number]
    buckets = {"default": "root", **{f"n{number}": "host" for number in range(5)}}
    pools = (Pool("block", 3, "default", "host", "", 50 * GIB),)
    return Seen(Layout(found, pools, buckets=buckets, flags=more.pop("flags", frozenset())), **more)


def wanted(state: str, *ids: int, **more: Any) -> Wanted:
    return Wanted(state, ids, **more)


def actions(found: tuple[Step, ...]) -> list[str]:
    return [step.action.name for step in found]


OUT, GONE = osd(4, out=True), osd(4, out=True, up=False)
DEAD = osd(4, up=False)
DESTROYED = osd(4, out=True, up=False, states=frozenset({"destroyed"}))
SAFE = frozenset({4})
ROOK = {"managed": True, "daemons": {4: Daemon("rook-ceph-osd-4", True)}}
STOPPED = {"managed": True, "daemons": {4: Daemon("rook-ceph-osd-4", False)}}
LEFT = {"managed": True, "daemons": {4: Daemon("rook-ceph-osd-4", False)}, "without": [4]}
HELD = {"held": frozenset({4})}


@pytest.mark.parametrize(
    ("state", "given", "options", "left", "now", "missing"),
    [
        # out
        ("out", seen(), {}, ["OUT"], ["OUT"], ""),
        ("out", seen(OUT), {}, [], [], "osd.4 on n4: is not drained; it has 8 PGs, 10.0 GiB of data"),
        ("out", seen(OUT, safe=SAFE), {}, [], [], ""),
        ("out", seen(OUT, safe=SAFE, unclean=RECOVERY), {}, [], [], "10.0 GiB of data; 2 of 8 PGs: active+undersized"),
        ("removed", seen(GONE, safe=SAFE, unclean=RECOVERY), {}, ["PURGE"], [], "osd.4 on n4: is not drained"),
        ("out", seen(unclean=RECOVERY), {}, ["OUT"], [], "recovery: 2 of 8 PGs: active+undersized"),
        ("out", seen(DEAD, unclean=RECOVERY), {}, ["OUT"], ["OUT"], ""),  # its own death is what recovers
        ("out", seen(osd(1, up=False)), {}, ["OUT"], [], "OSDs: osd.1 down"),
        ("out", seen(osd(1, up=False, out=True)), {}, ["OUT"], ["OUT"], ""),  # that one is no loss any more
        # removed, where nobody is known to run the daemons
        ("removed", seen(), {}, ["OUT", "STOP", "PURGE"], ["OUT"], ""),
        ("removed", seen(OUT), {}, ["STOP", "PURGE"], [], "is not drained"),
        ("removed", seen(OUT, safe=SAFE), {}, ["STOP", "PURGE"], ["STOP"], ""),
        ("removed", seen(GONE), {}, ["PURGE"], [], "is not drained"),
        ("removed", seen(GONE, safe=SAFE), {}, ["PURGE"], ["PURGE"], ""),
        ("removed", seen(DESTROYED), {}, ["PURGE"], ["PURGE"], ""),
        ("removed", seen(without=[4]), {}, [], [], ""),
        ("removed", seen(without=[4]), {"machines": ("n4",)}, ["CLEAR"], ["CLEAR"], ""),
        ("removed", seen(OUT, safe=SAFE), {"machines": ("n4",)}, ["STOP", "PURGE", "CLEAR"], ["STOP"], ""),
        # the disk is dead
        ("removed", seen(DEAD), {"lost": SAFE}, ["PURGE"], ["PURGE"], ""),
        ("destroyed", seen(DEAD), {"lost": SAFE}, ["DESTROY"], ["DESTROY"], ""),
        ("destroyed", seen(DEAD, denied={4: "EBUSY"}), {"lost": SAFE}, ["DESTROY"], [], "osd.4 on n4: EBUSY"),
        # destroyed
        ("destroyed", seen(), {}, ["OUT", "STOP", "DESTROY"], ["OUT"], ""),
        ("destroyed", seen(GONE, safe=SAFE), {}, ["DESTROY"], ["DESTROY"], ""),
        ("destroyed", seen(DESTROYED), {}, [], [], ""),
        # removed, where Rook runs the daemons
        ("removed", seen(**ROOK), {}, ["OUT", "HOLD", "STOP", "PURGE", "FORGET"], ["OUT"], ""),
        ("removed", seen(OUT, **ROOK), {}, ["HOLD", "STOP", "PURGE", "FORGET"], [], "is not drained"),
        ("removed", seen(OUT, safe=SAFE, **ROOK), {}, ["HOLD", "STOP", "PURGE", "FORGET"], ["HOLD"], ""),
        ("removed", seen(OUT, safe=SAFE, **ROOK, **HELD), {}, ["STOP", "PURGE", "FORGET"], ["STOP"], ""),
        ("removed", seen(GONE, safe=SAFE, **ROOK, **HELD), {}, ["STOP", "PURGE", "FORGET"], ["STOP"], ""),
        ("removed", seen(OUT, safe=SAFE, **STOPPED, **HELD), {}, ["PURGE", "FORGET"], [], "still says that it is up"),
        ("removed", seen(GONE, safe=SAFE, **STOPPED, **HELD), {}, ["PURGE", "FORGET"], ["PURGE"], ""),
        ("removed", seen(**LEFT, **HELD), {}, ["FORGET"], ["FORGET"], ""),
        ("removed", seen(without=[4], managed=True, **HELD), {}, [], [], ""),
        ("removed", seen(without=[4], managed=True, **HELD), {"erased": True}, ["RELEASE"], ["RELEASE"], ""),
        ("removed", seen(**LEFT, **HELD), {"erased": True}, ["FORGET", "RELEASE"], ["FORGET"], ""),
        ("removed", seen(OUT, safe=SAFE, **ROOK), {"erased": True}, ["STOP", "PURGE", "FORGET"], ["STOP"], ""),
        # in
        ("in", seen(), {}, [], [], ""),
        ("in", seen(OUT), {}, ["IN"], ["IN"], ""),
        ("in", seen(DEAD), {}, [], [], "osd.4 on n4: is in and not up; its daemon has to run"),
        ("in", seen(GONE, **STOPPED, **HELD), {}, ["START", "IN", "RELEASE"], ["START"], ""),
        ("in", seen(DEAD, **ROOK, **HELD), {}, ["RELEASE"], [], "is in and not up"),
        ("in", seen(**ROOK, **HELD), {}, ["RELEASE"], ["RELEASE"], ""),
    ],
)  # fmt: skip
def test_steps(state: str, given: Seen, options: dict[str, Any], left: list[str], now: list[str], missing: str) -> None:
    goal = wanted(state, 4, **options)
    found = decide(goal, given)
    assert (actions(steps(goal, given)), actions(found.now)) == (left, now)
    assert missing in "; ".join(map(str, found.missing)) and bool(found.missing) == bool(missing)


def test_osds_go_their_ways_independently() -> None:
    given = seen(osd(3, out=True, up=False), OUT, safe=frozenset({3}))
    found = decide(wanted("removed", 3, 4), given)
    assert found.now == (Step(Action.PURGE, 3),) and [row.what for row in found.missing] == ["osd.4"]


def test_a_person_is_asked_once_to_stop_all_daemons() -> None:
    one, both = osd(3, out=True), frozenset({3, 4})
    drained = decide(wanted("removed", 3, 4), seen(one, OUT, safe=frozenset({3})))
    assert drained.now == () and [row.what for row in drained.missing] == ["osd.4"]
    found = decide(wanted("removed", 3, 4), seen(one, OUT, safe=both))
    assert found.now == (Step(Action.STOP, 3), Step(Action.STOP, 4))


def refused(goal: Wanted, given: Seen, named: Named | None = None) -> str:
    return "; ".join(refusals(goal, named or Named(goal.ids), given))


FULL = {number: replace(osd(number), used=70 * GIB) for number in range(5)}
FEW = seen(without=[3, 4])


@pytest.mark.parametrize(
    ("goal", "given", "words"),
    [
        (wanted("out", 4), seen(*FULL.values()), "osd.4: without them, osd.0 would use 87.5 % of its space, and Ceph"),
        (wanted("removed", 4), seen(*FULL.values()), "warns at 85.0 % and stops writing at 95.0 %; add disks"),
        (wanted("removed", 2), FEW, "osd.2: the pool block needs 3 failure domains (host), and 2 would be left"),
        (wanted("removed", 2, 3, 4), seen(), "osd.2, osd.3, osd.4: the pool block needs 3 failure domains"),
        (wanted("out", 4), seen(osd(1, out=True)), "osd.1 on n1 is being drained, and still has 8 PGs"),
        (
            wanted("out", 4),
            seen(replace(osd(1, out=True), pgs=0), unclean=RECOVERY),
            "osd.1 on n1 is being drained, and the copies that were on it are still made",
        ),
        (wanted("out", 4), seen(flags=frozenset({"nobackfill", "sortbitwise"})), "while nobackfill is set"),
        (wanted("destroyed", 4), seen(**ROOK), "Rook 1.20 gives a new disk the lowest free id"),
        (wanted("in", 4), seen(DESTROYED), "osd.4: it is destroyed; a new disk takes its id"),
        (wanted("in", 4), seen(**LEFT), "osd.4: it has been purged"),
        (wanted("removed", 4, lost=SAFE), seen(), "lost: osd.4 is up, so its data can be moved"),
        (wanted("out", 4, lost=SAFE), seen(DEAD), "lost: it does not go with state out"),
        (wanted("removed", 4, lost=frozenset({3})), seen(DEAD), "lost: osd.3 is none of the OSDs that are named"),
        (wanted("removed", 4, lost=SAFE), seen(*FULL.values(), replace(DEAD, used=70 * GIB)), "would use 87.5 %"),
    ],
)  # fmt: skip
def test_refusals(goal: Wanted, given: Seen, words: str) -> None:
    assert words in refused(goal, given)


@pytest.mark.parametrize(
    ("goal", "given"),
    [
        (wanted("removed", 4), seen()),
        (wanted("removed", 4), seen(*list(FULL.values())[:4], replace(OUT, used=70 * GIB))),  # its data moves already
        (wanted("removed", 2), replace(FEW, layout=replace(FEW.layout, devices={**FEW.layout.devices, 2: GONE}))),
        (wanted("destroyed", 2, lost=frozenset({2})), seen(osd(2, up=False), without=[3, 4])),
        (wanted("out", 4), seen(replace(osd(1, out=True, up=False), pgs=0))),
        (wanted("in", 4), seen(OUT)),
    ],
)
def test_what_is_not_refused(goal: Wanted, given: Seen) -> None:
    assert refused(goal, given) == ""


def test_all_reasons_are_given_at_once() -> None:
    text = refused(wanted("out", 4), seen(osd(1, out=True), flags=frozenset({"norecover"})), Named((4,), ("osd.9",)))
    assert "osd.9: not in the cluster" in text and "osd.1 on n1" in text and "norecover" in text


def test_consent() -> None:
    goal, given, known = wanted("removed", 3, 4), seen(), {3: Identity("n3"), 4: Identity("n4")}
    assert not_consented((3, 4), known, []) == [3, 4]
    assert not_consented((3, 4), known, ["3", "osd.4"]) == [] and not_consented((3, 4), known, ["n3", " n4 "]) == []
    assert not_consented((3, 4), known, ["n3", "34"]) == [4]
    assert "osd.4: taking an OSD away wants a consent" in without_consent(goal, given, [4])
    assert without_consent(wanted("removed", 4), seen(**LEFT), [4]) == "", "nothing is lost any more"
    assert without_consent(wanted("destroyed", 4), seen(DESTROYED), [4]) == ""


METADATA = {"id": 4, "hostname": "vm", "device_ids": "sdb=SAMSUNG_MZ7_S45NNA0M123456,nvme0n1=INTEL_BT01"}
LONG = "0123456789ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(
    ("serial", "same"),
    [("S45NNA0M123456", True), (" s45nna0m123456 ", True), ("BT01", True), ("5NNA0M123456", False), ("S45", False)],
)
def test_serial_numbers(serial: str, same: bool) -> None:
    assert identity(METADATA).has(serial) is same
    assert identity({"device_ids": f"vdb={LONG[:20]}"}).has(LONG), "a virtio disk tells 20 characters"


def test_names() -> None:
    layout = seen().layout
    known = {number: Identity(f"n{number}", (f"MODEL_SN{number}",)) for number in range(5)}
    assert resolve([{"id": 4}, {"host": "n3", "serial": "SN3"}], layout, known) == Named((3, 4))
    assert resolve([{"host": "n3"}, {"host": "n3"}], layout, known) == Named((3,), (), ("n3",))
    assert resolve([{"id": 9}, {"host": "n3", "serial": "SN4"}, {"host": "n9"}], layout, known) == Named(
        (), ("osd.9", "the disk SN4 of n3", "OSDs of n9")
    )
    gone = {**known, 7: Identity("n3", ("MODEL_SN7",))}  # purged, and its disk not erased yet
    assert resolve([{"host": "n3", "serial": "SN7"}], layout, gone) == Named((7,))
    silent = {**known, 3: Identity("n3")}
    with pytest.raises(
        CephError, match=r"the disk SN3 of n3: osd.3 do not tell serial numbers; name the OSD by its id"
    ):
        resolve([{"host": "n3", "serial": "SN3"}], layout, silent)


def test_daemons_of_others_are_not_stopped() -> None:
    with pytest.raises(CephError, match=r"osd\.4 on n4: .* stops daemons of Rook only. Stop it there"):
        Foreign().act(Step(Action.STOP, 4), {4: Identity("n4")})
    known = {4: identity({**METADATA, "pod_namespace": "rook-ceph", "pod_name": "rook-ceph-osd-4-x"}, "n4")}
    found = Foreign().refusals(wanted("removed", 4), seen(), known)
    assert found == [
        "osd.4: it runs in the pod rook-ceph/rook-ceph-osd-4-x; give rook, so that its operator does not bring it back"
    ]
    assert not Foreign().refusals(wanted("out", 4), seen(), known)
