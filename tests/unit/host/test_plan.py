# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner of the host engine: {desired, actual, steps} tables."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.host.plan import plan
from ansible_collections.groundup.cloud.plugins.module_utils.host.state import (
    Access,
    Actual,
    Archive,
    Block,
    Clock,
    Directory,
    File,
    Hook,
    HostError,
    HostState,
    Link,
    PathState,
    Purge,
    Unit,
    UnitState,
)

CONF = File("/etc/x.conf", "a = 1\n")
RIGHT = PathState("file", 0o644, "root", "root", CONF.digest, "a = 1\n")
UNIT = Unit("x.service", restart_on=("/etc/x.conf", "/etc/x.d/"))
RUNS = UnitState("loaded", "active", "enabled")
BLOCK = "# BEGIN groundup b\n1 one\n# END groundup b\n"

CASES = [
    (
        "nothing to do",
        HostState("t", files=(CONF,), units=(UNIT,)),
        Actual({CONF.path: RIGHT}, units={"x.service": RUNS}),
        [],
    ),
    ("a new file", HostState("t", files=(CONF,)), Actual(), ["file /etc/x.conf"]),
    (
        "a changed file restarts what reads it",
        HostState("t", files=(CONF,), units=(UNIT,)),
        Actual({CONF.path: PathState("file", 0o644, "root", "root", "0", "a = 2\n")}, units={"x.service": RUNS}),
        ["file /etc/x.conf", "systemctl restart x.service"],
    ),
    (
        "what others write may be used by its owner only",
        HostState("t", access=(Access("/k/key"), Access("/k/tight"), Access("/k", 0o700), Access("/k/foreign"))),
        Actual(
            {
                "/k/key": PathState("file", 0o644, "root", "root"),
                "/k/tight": PathState("file", 0o400, "root", "root"),
                "/k": PathState("directory", 0o755, "root", "root"),
                "/k/foreign": PathState("file", 0o600, "daemon", "root"),
            }
        ),
        ["access /k/key", "access /k", "access /k/foreign"],
    ),
    (
        "an absent path and a link have no access to set",
        HostState("t", access=(Access("/k/absent"), Access("/k/link"))),
        Actual({"/k/link": PathState("link", 0o777, "root", "root", target="key")}),
        [],
    ),
    (
        "a wrong mode is a difference",
        HostState("t", files=(CONF,)),
        Actual({CONF.path: PathState("file", 0o600, "root", "root", CONF.digest, "a = 1\n")}),
        ["file /etc/x.conf"],
    ),
    (
        "an interrupted run's restart is made up for",
        HostState("t", files=(CONF,), units=(UNIT,)),
        Actual({CONF.path: RIGHT}, units={"x.service": RUNS}, pending=frozenset({"/etc/x.d/y"})),
        ["systemctl restart x.service"],
    ),
    (
        "a unit that is new is enabled and started",
        HostState("t", files=(File("/etc/systemd/system/x.service", "[Unit]\n"),), units=(UNIT,)),
        Actual(),
        [
            "file /etc/systemd/system/x.service",
            "daemon_reload systemd",
            "systemctl enable x.service",
            "systemctl start x.service",
        ],
    ),
    (
        "stopped and masked",
        HostState("t", units=(Unit("x.service", enabled=False, active=False, masked=True),)),
        Actual(units={"x.service": RUNS}),
        ["systemctl mask x.service", "systemctl stop x.service"],
    ),
    (
        "order: apt's sources, packages, files, modules, sysctls",
        HostState(
            "t",
            files=(CONF, File("/etc/apt/sources.list.d/a.sources", "x\n")),
            packages=("p", "q"),
            modules=("m",),
            sysctls={"net.x": "1"},
        ),
        Actual(packages=frozenset({"q"})),
        [
            "file /etc/apt/sources.list.d/a.sources",
            "install p",
            "file /etc/x.conf",
            "file /etc/sysctl.d/90-groundup-t.conf",
            "file /etc/modules-load.d/groundup-t.conf",
            "modprobe m",
            "sysctl net.x",
        ],
    ),
    (
        "the clock comes first",
        HostState("t", directories=(Directory("/srv/x"),), clock=Clock(("a",))),
        Actual(clock_offset=-86400.0),
        ["clock clock", "directory /srv/x"],
    ),
    ("a clock that is right", HostState("t", clock=Clock(("a",))), Actual(clock_offset=0.3), []),
    (
        "hooks follow their files, strays and absent paths go",
        HostState(
            "t",
            purge=(Purge("/etc/ca", "*.crt"),),
            absent=("/etc/old", "/etc/older"),
            hooks=(Hook("ca", ("update",), ("/etc/ca/",)),),
        ),
        Actual({"/etc/old": RIGHT}, strays=("/etc/ca/b.crt",)),
        ["remove /etc/old", "remove /etc/ca/b.crt", "hook ca"],
    ),
    (
        "a block in a file of others",
        HostState("t", blocks=(Block("/etc/hosts", "b", "1 one"),)),
        Actual({"/etc/hosts": PathState("file", 0o644, "root", "root", "", "2 two\n")}),
        ["file /etc/hosts"],
    ),
    (
        "a block that is right",
        HostState("t", blocks=(Block("/etc/hosts", "b", "1 one"),)),
        Actual({"/etc/hosts": PathState("file", 0o644, "root", "root", "", "2 two\n" + BLOCK + "3 three\n")}),
        [],
    ),
    (
        "a block that is no longer wanted",
        HostState("t", blocks=(Block("/etc/hosts", "b", ""),)),
        Actual({"/etc/hosts": PathState("file", 0o644, "root", "root", "", "2 two\n" + BLOCK)}),
        ["file /etc/hosts"],
    ),
    (
        "a block that was never there",
        HostState("t", blocks=(Block("/etc/hosts", "b", ""),)),
        Actual({"/etc/hosts": PathState("file", 0o644, "root", "root", "", "2 two")}),
        [],
    ),
    ("a link", HostState("t", links=(Link("/a", "b"),)), Actual({"/a": PathState("link", target="c")}), ["link /a"]),
    (
        "an archive restarts by its directory",
        HostState(
            "t",
            archives=(Archive("cni", "http://x", "00", "/opt/cni/bin"),),
            units=(Unit("u", restart_on=("/opt/cni/bin/",)),),
        ),
        Actual(archives={"cni": "11"}, units={"u": RUNS}),
        ["archive /opt/cni/bin/", "systemctl restart u"],
    ),
    ("swap", HostState("t", swap_off=True), Actual(swaps=("/dev/vdb",)), ["swapoff swap"]),
]


@pytest.mark.parametrize(("name", "desired", "actual", "steps"), CASES, ids=[case[0] for case in CASES])
def test_plan(name: str, desired: HostState, actual: Actual, steps: list[str]) -> None:
    planned = plan(desired, actual).steps
    assert [str(step) for step in planned] == steps
    assert not [str(step) for step in planned if step.before == step.after], "--diff shows nothing of these"


def test_block_keeps_the_rest() -> None:
    desired = HostState("t", blocks=(Block("/etc/hosts", "b", "1 one"),))
    old = "2 two\n# BEGIN groundup b\n1 uno\n# END groundup b\n3 three\n"
    step = plan(desired, Actual({"/etc/hosts": PathState("file", 0o600, "a", "b", "", old)})).steps[0]
    assert step.after == "2 two\n" + BLOCK + "3 three\n"
    assert (step.item.mode, step.item.owner, step.item.group) == (0o600, "a", "b")


def test_a_block_taken_out_leaves_the_rest() -> None:
    desired = HostState("t", blocks=(Block("/etc/hosts", "b", ""),))
    actual = Actual({"/etc/hosts": PathState("file", 0o644, "root", "root", "", "2 two\n" + BLOCK + "3 three")})
    assert plan(desired, actual).steps[0].after == "2 two\n3 three"


def test_secrets_are_never_in_a_diff() -> None:
    desired = HostState("t", files=(File("/k", "hush\n", mode=0o600, secret=True),))
    for have in (PathState(), PathState("file", 0o600, "root", "root", "00", None)):
        todo = plan(desired, Actual({"/k": have}))
        assert todo.changed and "hush" not in str(todo.diff()) + todo.text()


def test_a_time_server_that_does_not_answer_is_a_warning() -> None:
    todo = plan(HostState("t", clock=Clock(("10.0.0.1",))), Actual())
    assert not todo.changed and "10.0.0.1" in todo.warnings[0]


def test_what_a_renderer_found_is_a_warning_and_no_step() -> None:
    todo = plan(HostState("t", warnings=("the kernel is old",)), Actual())
    assert not todo.changed and todo.warnings == ("the kernel is old",)


def test_a_file_without_source_is_refused() -> None:
    with pytest.raises(HostError, match="content, or url"):
        plan(HostState("t", files=(File("/x"),)), Actual())
