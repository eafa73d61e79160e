# SPDX-License-Identifier: GPL-3.0-or-later
"""Code of archives is read from a cache by the hash of its source, and compiled where the cache has it not whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.provision import compiled, rootfs, sources
from ansible_collections.groundup.cloud.plugins.module_utils.provision.recipe import PROFILES, recipe

#: Imports `toy` from the archive; says what it returns, the file that its code names, and how often Python compiled.
PROGRAM = """
import json, sys, zipimport
calls, plain = [], zipimport._compile_source
zipimport._compile_source = lambda *words: calls.append(words) or plain(*words)
import groundup_compiled
groundup_compiled.install(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import toy
print(json.dumps([toy.value(), toy.value.__code__.co_filename, len(calls)]))
"""


class Machine:
    """A Python that begins with the program, an archive with the module `toy`, and a cache."""

    def __init__(self, home: Path) -> None:
        self.home, self.cache, self.archive = home, home / "cache", home / "first.zip"
        self.cache.mkdir()
        (home / "lib").mkdir()
        (home / "lib/groundup_compiled.py").write_text(sources.of(compiled))
        self.ship(1)

    def ship(self, value: int) -> None:
        with zipfile.ZipFile(self.archive, "w") as archive:
            archive.writestr("toy.py", f"def value():\n    return {value}\n")

    def run(self, *options: str) -> list[Any]:
        """What the module returns, the file that its code names, and how many sources were compiled."""
        words = [sys.executable, *options, "-c", PROGRAM, str(self.cache), str(self.archive)]
        environment = {**os.environ, "PYTHONPATH": str(self.home / "lib")}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert not done.stderr
        found: list[Any] = json.loads(done.stdout)
        return found

    def entry(self) -> Path:
        (found,) = self.cache.iterdir()
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_source_is_compiled_once_wherever_its_archive_is(machine: Machine) -> None:
    assert machine.run() == [1, f"{machine.archive}/toy.py", 1]
    machine.archive = machine.archive.rename(machine.home / "second.zip")
    assert machine.run() == [1, f"{machine.archive}/toy.py", 0]


def test_another_source_and_another_optimisation_are_compiled(machine: Machine) -> None:
    machine.run()
    machine.ship(2)
    assert machine.run()[::2] == [2, 1]
    assert machine.run("-O")[::2] == [2, 1]
    assert machine.run("-O")[::2] == [2, 0]
    assert len(list(machine.cache.iterdir())) == 3


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: bytes(len(data)),
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    ],
    ids=["empty", "cut short", "zeros", "another end"],
)
def test_an_entry_that_is_not_whole_is_made_anew(machine: Machine, change: Any) -> None:
    machine.run()
    whole = machine.entry().read_bytes()
    assert change(whole) != whole
    machine.entry().write_bytes(change(whole))
    assert machine.run()[::2] == [1, 1]
    assert machine.run()[::2] == [1, 0], "and is whole again"


def test_without_a_cache_everything_is_compiled(machine: Machine) -> None:
    machine.cache.rmdir()
    assert machine.run()[::2] == machine.run()[::2] == [1, 1]
    machine.cache.write_text("a file in its place")
    assert machine.run()[::2] == [1, 1]


def test_an_entry_that_can_t_be_put_in_place_leaves_nothing(machine: Machine) -> None:
    machine.run()
    entry = machine.entry()
    entry.unlink()
    entry.mkdir()
    (entry / "held").touch()
    assert machine.run()[::2] == [1, 1]
    assert machine.entry() == entry, "no part is left beside it"


@pytest.mark.parametrize("profile", PROFILES)
def test_machines_that_are_emulated_begin_with_it(profile: str, tmp_path: Path) -> None:
    script = rootfs.late_script(recipe("debian-13", {"profile": profile}), str(tmp_path))
    assert ("groundup_compiled.install('/var/cache/groundup/python')" in script.replace("'\"'\"'", "'")) == (
        profile == "emulated"
    )
    assert (sources.of(compiled).splitlines()[-1] in script) == (profile == "emulated")
