# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines, networks and switches take from `defaults`, and machines from their hardware profile.

A key of a machine is its own, else that of its profile in `profiles`, else that of `defaults.machine`.
"""

from __future__ import annotations

import typing as t

from .fields import Shape, keys_of
from .parse import Parser, Raw, merge
from .problems import Path, Problem, choose, show
from .scalars import LABEL_NAME, BadScalar
from .sources import DEFAULTS, PROFILES, profile_of
from .types import Machine, Network, Switch

#: The keys at the top of the file from which objects take keys.
KEYS = (DEFAULTS, PROFILES)
#: Word in `defaults` -> section of the file, and the class of its objects.
SECTION_DEFAULTS: dict[str, tuple[str, type]] = {
    "machine": ("machines", Machine),
    "network": ("networks", Network),
    "switch": ("switches", Switch),
}


class Inherited(t.NamedTuple):
    """The usable part of `defaults`, by word, and of `profiles`, by name."""

    defaults: t.Mapping[str, Raw]
    profiles: t.Mapping[str, Raw]


def read(parser: Parser, data: Raw) -> Inherited:
    """The valid keys of both; an error in one is reported at its key, and not again for every object."""
    return Inherited(_defaults(parser, data.get(DEFAULTS)), _profiles(parser, data.get(PROFILES)))


def of_valid(data: Raw) -> Inherited:
    """The same of a model in which `read` finds no error."""
    found = [{name: keys for name, keys in (data.get(key) or {}).items() if keys} for key in KEYS]
    return Inherited(*found)


def sections(data: Raw, inherited: Inherited) -> dict[str, dict[t.Any, t.Any]]:
    """The sections of machines, networks and switches that are mappings, each object with what it inherits."""
    found = {}
    for word, (section, cls) in SECTION_DEFAULTS.items():
        objects = data.get(section)
        if isinstance(objects, t.Mapping):
            base = inherited.defaults.get(word, {})
            bases = _bases(base, inherited.profiles) if cls is Machine else {}
            found[section] = {
                name: merge(cls, bases.get(profile_of(item, base), base), item) for name, item in objects.items()
            }
    return found


def _bases(base: Raw, profiles: t.Mapping[str, Raw]) -> dict[str, Raw]:
    return {name: merge(Machine, base, profile) for name, profile in profiles.items()}


def unknown_profiles(data: Raw, inherited: Inherited) -> dict[str, Problem]:
    """A problem for each machine whose profile does not exist, by the machine's name."""
    machines, profiles = data.get("machines"), data.get(PROFILES)
    known = [name for name in profiles if isinstance(name, str)] if isinstance(profiles, t.Mapping) else []
    problems = {}
    for name, machine in machines.items() if isinstance(machines, t.Mapping) else ():
        profile = profile_of(machine, inherited.defaults.get("machine"))
        if profile and profile not in known:
            path = f"machines.{show(name)}.profile"
            problems[show(name)] = Problem(path, show(profile), f"is not one of {PROFILES}", choose(profile, known))
    return problems


def _defaults(parser: Parser, raw: t.Any) -> dict[str, Raw]:
    if raw is None:
        return {}
    path: Path = (DEFAULTS,)
    if not isinstance(raw, t.Mapping):
        parser.report(path, show(raw), "is not a mapping", f"give defaults for {', '.join(SECTION_DEFAULTS)}")
        return {}
    usable: dict[str, Raw] = {}
    for word, keys in raw.items():
        shown = parser.shown_key(word, path)
        if word not in SECTION_DEFAULTS:
            parser.report((*path, shown), "", "is not a kind that takes defaults", choose(shown, SECTION_DEFAULTS))
            continue
        if not isinstance(keys, t.Mapping):
            parser.report(
                (*path, shown), parser.shown(keys, (*path, shown)), "is not a mapping", "give keys and values"
            )
            continue
        usable[word] = _usable(parser, SECTION_DEFAULTS[word][1], keys, (*path, word))
    return usable


def _profiles(parser: Parser, raw: t.Any) -> dict[str, Raw]:
    if raw is None:
        return {}
    path: Path = (PROFILES,)
    if not isinstance(raw, t.Mapping):
        parser.report(path, show(raw), "is not a mapping", "give names, and the keys of a machine for each")
        return {}
    usable: dict[str, Raw] = {}
    for name, keys in raw.items():
        shown = parser.shown_key(name, path)
        where = (*path, shown)
        try:
            LABEL_NAME.parse(name)
        except BadScalar as error:
            parser.report(where, shown, error.message, error.remedy)
            continue
        keys = {} if keys is None else keys
        if not isinstance(keys, t.Mapping):
            parser.report(where, parser.shown(keys, where), "is not a mapping", "give keys of a machine")
            continue
        if "profile" in keys:
            message = "is the profile of a profile, and a machine takes keys from one profile"
            parser.report((*where, "profile"), "", message, "write its keys here")
        usable[name] = _usable(parser, Machine, {key: keys[key] for key in keys if key != "profile"}, where)
    return usable


def _usable(parser: Parser, cls: type, keys: Raw, path: Path) -> dict[t.Any, t.Any]:
    specs = {key: spec for key, spec in keys_of(cls).items() if spec.shape is not Shape.KEY}
    good = {}
    for key, value in keys.items():
        before = len(parser.problems)
        if isinstance(key, str) and key in specs and value is not None:
            parser.value(specs[key], value, (*path, key), partial=True)
        elif value is not None or key not in specs:
            parser.record(cls, {key: value}, path, partial=True)
        if len(parser.problems) == before:
            good[key] = value
    return good
