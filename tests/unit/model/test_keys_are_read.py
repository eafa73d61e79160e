# SPDX-License-Identifier: GPL-3.0-or-later
"""No silent promise: every key of the model changes what is derived, is compared by a check, or is refused.

The test walks the classes. Of each key it changes a value in one of the models of tests/golden, which use every key,
until the outcome differs. So a key that nobody reads fails here, without a list that somebody has to maintain.
"""

from __future__ import annotations

import copy
import dataclasses
import enum
import functools
import ipaddress
import pathlib
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.lab import twin_file
from ansible_collections.groundup.cloud.plugins.module_utils.lab.plan import rack
from ansible_collections.groundup.cloud.plugins.module_utils.lab.shell import LabError
from ansible_collections.groundup.cloud.plugins.module_utils.lab.twin import Materials
from ansible_collections.groundup.cloud.plugins.module_utils.model import inherit
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.fields import KeySpec, Shape, keys_of
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load_all
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError
from ansible_collections.groundup.cloud.plugins.module_utils.model.releases import LATER
from ansible_collections.groundup.cloud.plugins.module_utils.model.scalars import BadScalar, Scalar
from ansible_collections.groundup.cloud.plugins.module_utils.model.schema import is_record
from ansible_collections.groundup.cloud.plugins.module_utils.model.types import Cloud

from .base import model

ROOT = pathlib.Path(__file__).resolve().parents[3]
SOURCES = sorted(
    [*(ROOT / "tests/golden/models").glob("*.cloud.yml"), *(ROOT / "inventories").glob("lab*/cloud.yml")],
    key=lambda path: path.stat().st_size,
)
#: Values of every kind of scalar; those that a key's own parser takes are tried.
CANDIDATES: list[Any] = [
    True, False, 3, 7, 102, 1700, 4093, "other7", "10.9.8.7", "10.10.0.77", "10.77.0.0/16",
    "10.10.1.0/25", "/srv/other",
    "x.example.org",
    "https://example.org/x.raw", "52:54:00:77:77:77", "ab" * 32, "1.35.1", "4c4c4544-0044-4810-8031-b3c04f4a4d32",
    "tcp/99", "ssh-ed25519 AAAA other", "ssl:10.9.8.7:6640", "200-210", "Ethernet77",
    "docker://registry.example.net/other:7", "7Gi", "7 4 * * *",
    "-----BEGIN CERTIFICATE-----\nb3RoZXI=\n-----END CERTIFICATE-----\n",
]  # fmt: skip
Place = tuple[Any, ...]
#: Keys that two objects need alike: another value is tried at all places at once.
ALIKE = {"switches.NAME.uplinks.NAME.mlag", "switches.NAME.devices.NAME.mlag", "switches.NAME.mlag.peer_link"}
#: The smallest models are enough; of the names in a model this many are tried as values.
MOST_MODELS, MOST_NAMES = 20, 150
#: Keys that are refused beside a value of another one: they are removed where that value is tried.
GOES_WITH = {
    ("switches.NAME.platform", "unmanaged"): ("database",),
    ("virtualization.migrations.network", "storage"): ("addresses",),
    ("virtualization.ha.enabled", "False"): ("profile", "minimum_healthy"),
}


def named_values(data: Any) -> list[str]:
    """The names of all objects of a model: keys such as `boot_nic` take one of them."""
    found = [name for name in data if isinstance(name, str)] if isinstance(data, dict) else []
    items = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return list(dict.fromkeys([*found, *(name for item in items for name in named_values(item))]))


@functools.cache
def sources() -> list[dict[str, Any]]:
    """The models, without `defaults`: what objects inherit stands in every one of them."""
    found = []
    for path in SOURCES:
        data = yaml.safe_load(path.read_text())
        data |= inherit.sections(data, inherit.of_valid(data))
        data.pop("defaults", None)
        found.append(copy.deepcopy(data))
    return found


@functools.cache
def facts_used() -> tuple[tuple[str, ...], ...]:
    """The parts of the variable groundup_cloud that playbooks and roles use."""
    texts = [path.read_text() for part in ("playbooks", "roles") for path in (ROOT / part).rglob("*.yml")]
    found = {use for text in texts for use in re.findall(r"groundup_cloud((?:\.\w+)+)", text)}
    return tuple(sorted(tuple(use.strip(".").split(".")) for use in found))


def fact(value: Any, use: tuple[str, ...]) -> Any:
    for part in use:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def outcome(data: dict[str, Any]) -> Any:
    """Everything that follows from a model: the inventory and the warnings."""
    loaded = load_all(data)
    derived = dataclasses.asdict(derive(loaded.cloud, "/state"))
    cloud = derived["all_vars"].pop("groundup_cloud")
    return derived, [fact(cloud, use) for use in facts_used()], [str(warning) for warning in loaded.warnings]


class Reader:
    """Looks for the place of each key where another value changes the outcome."""

    def __init__(self, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, most: int = MOST_MODELS) -> None:
        self.models = sources()[:most]
        self.directory = tmp_path

        def materials(where: Any, *_rest: Any) -> Materials:
            return Materials(where, "password", "ssh-ed25519 AAAA lab", "/key")

        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        monkeypatch.setattr(twin_file, "materials", materials)
        monkeypatch.setattr(twin_file, "of_lab", lambda _lab, wanted: "tcg" if wanted == "tcg" else wanted)
        self.before: dict[tuple[int, bool], Any] = {}

    def virtual(self, data: dict[str, Any]) -> Any:
        """The virtual rack of a model."""
        source = self.directory / "cloud.yml"
        source.write_text(yaml.safe_dump({"plugin": "groundup.cloud.cloud", **data}))
        files, where = twin_file.write_twin(str(source), str(self.directory / "twins"), "twin")
        return rack(files.model, where), files.accelerator

    def of(self, data: dict[str, Any], virtual: bool) -> Any:
        return self.virtual(data) if virtual else outcome(data)

    def is_read(self, path: str, spec: KeySpec) -> bool:
        for virtual in (False, True):
            for number, data in enumerate(self.models):
                for changed in changes(data, path, spec):
                    try:
                        if (number, virtual) not in self.before:
                            self.before[number, virtual] = self.of(data, virtual)
                        after = self.of(changed, virtual)
                    except (ModelError, LabError):
                        continue
                    if after != self.before[number, virtual]:
                        return True
        return False

    def is_compared(self, path: str, spec: KeySpec) -> bool:
        """Whether some other value of the key is refused by a check: its kind of value alone is right."""
        for data in self.models:
            for changed in changes(data, path, spec):
                try:
                    load_all(changed)
                except ModelError:
                    return True
        return False


def places(data: Any, parts: list[str], place: Place = ()) -> Iterator[Place]:
    """The places of a key path (NAME and [] stand for every name and item) that a model sets."""
    if not parts:
        yield place
        return
    part, rest = parts[0].removesuffix("[]"), parts[1:]
    if not isinstance(data, dict):
        return
    for name in list(data) if part == "NAME" else [part]:
        value = data.get(name)
        if value is None:
            continue
        if parts[0].endswith("[]"):
            for index, item in enumerate(value):
                yield from places(item, rest, (*place, name, index))
        else:
            yield from places(value, rest, (*place, name))


def changes(data: dict[str, Any], path: str, spec: KeySpec) -> Iterator[dict[str, Any]]:
    """The model without the key, and with other values of it, for its first places in the model."""
    for place in list(places(data, path.split(".")))[:3]:
        current = functools.reduce(lambda inner, part: inner[part], place, data)
        for value in [None, *values(data, spec), *neighbours(current)]:
            changed = copy.deepcopy(data)
            above = functools.reduce(lambda inner, part: inner[part], place[:-1], changed)
            if value is None:
                del above[place[-1]]
            elif above[place[-1]] == value:
                continue
            else:
                for same in places(data, path.split(".")) if path in ALIKE else [place]:
                    functools.reduce(lambda inner, part: inner[part], same[:-1], changed)[same[-1]] = value
                for key in GOES_WITH.get((path, str(value)), ()):
                    above.pop(key, None)
            yield changed


def values(data: dict[str, Any], spec: KeySpec) -> list[Any]:
    kind = spec.kind
    if isinstance(kind, Scalar):
        found = [value for value in [*CANDIDATES, *named_values(data)[:MOST_NAMES]] if takes(kind, value)]
    else:
        assert issubclass(kind, enum.Enum)
        found = [str(member.value) for member in kind]
    if spec.shape is Shape.MANY:
        return [[value] for value in found]
    if spec.shape is Shape.NAMED:
        names = [name for name in ["other", *named_values(data)] if takes(spec.names, name)]
        return [{name: value} for value in found[:3] for name in names]
    return found


def neighbours(value: Any) -> list[str]:
    """The addresses beside one, which are in the same network."""
    try:
        return [str(ipaddress.ip_address(str(value)) + step) for step in (1, -1)]
    except ValueError:
        return []


def takes(kind: Scalar, value: Any) -> bool:
    try:
        kind.parse(value)
    except BadScalar:
        return False
    return True


def leaves(cls: type, where: str = "") -> Iterator[tuple[str, KeySpec]]:
    """All keys of the model that hold values, as paths; what is below a refused key is refused with it."""
    for key, spec in keys_of(cls).items():
        path = f"{where}.{key}".strip(".")
        if spec.shape is Shape.KEY:
            continue
        if is_record(spec.kind) and not spec.since:
            yield from leaves(spec.kind, path + {Shape.NAMED: ".NAME", Shape.MANY: "[]"}.get(spec.shape, ""))
        else:
            yield path, spec


def is_refused(path: str, spec: KeySpec) -> bool:
    """Whether the key is refused until a release, or all of its words but the default are."""
    if spec.since:
        path = path.replace("switches.NAME", "switches.leaf1")
        place: Any = {"x": {}} if spec.shape is Shape.NAMED else [] if spec.shape is Shape.MANY else {}
        return refusal({path: place}) == [f"{path}: has no effect before release {spec.since}; remove it until then"]
    if isinstance(spec.kind, type) and issubclass(spec.kind, enum.Enum):
        default = spec.default if isinstance(spec.default, tuple) else (spec.default,)
        return all(word in LATER for word in spec.kind if word not in default)
    return False


def refusal(wrong: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        load_all(model(wrong))
    return [str(problem) for problem in caught.value.errors]


def silent(reader: Reader) -> list[str]:
    """The keys from which nothing follows and that no check reads."""
    return [
        path
        for path, spec in leaves(Cloud)
        if not (is_refused(path, spec) or (spec.checked_only and reader.is_compared(path, spec)))
        and not reader.is_read(path, spec)
    ]


def test_every_key_is_read_or_refused(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = silent(Reader(tmp_path, monkeypatch))
    assert not found, f"nothing follows from {', '.join(found)}: read the key, or refuse it with since=RELEASE"


def test_a_key_that_nobody_reads_is_found(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the provisioner's role input had no time servers."""

    real = derive

    def without_servers(*given: Any) -> Any:
        derived = real(*given)
        del derived.hostvars["provisioner"]["provisioner_config"]["ntp_upstream"]
        return derived

    monkeypatch.setattr(sys.modules[__name__], "derive", without_servers)
    reader, specs = Reader(tmp_path, monkeypatch, most=6), dict(leaves(Cloud))
    assert not reader.is_read("ntp.servers", specs["ntp.servers"])
    assert reader.is_read("dns.servers", specs["dns.servers"])
