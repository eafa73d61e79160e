# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in clear text in the file. The classes of the model say which keys hold secrets (`secret=True`)."""

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t

from .checks import Report
from .fields import KeySpec, Shape, keys_of
from .inherit import SECTION_DEFAULTS
from .problems import show
from .sources import DEFAULTS, PROFILES
from .types import Cloud, Machine
from .values import is_template

VAULT = (
    'keep it in a vault: write "{{ vault_password }}" here, and vault_password into group_vars/all/vault.yml, '
    "encrypted by ansible-vault"
)
UNSAFE = ", with !unsafe before the value there, or Ansible evaluates it"
_TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}", re.DOTALL)
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|\|\s*[\w.]+", re.DOTALL)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_WORDS = frozenset({"and", "else", "false", "if", "in", "is", "none", "not", "or", "raw", "endraw", "true"})


def warn_of_clear_text(report: Report, data: t.Mapping[t.Any, t.Any]) -> None:
    """One warning per secret, at the first key that contains it."""
    found: dict[str, list[str]] = {}
    for path, secret in _secrets(data):
        if isinstance(secret, str) and secret and not takes_variables(secret):
            found.setdefault(str.__str__(secret), []).append(path)
    for secret, paths in found.items():
        places = "place" if len(paths) == 2 else "places"
        more = f", here and in {len(paths) - 1} more {places}," if len(paths) > 1 else ""
        message = f"is in clear text{more} for everyone who can read the file"
        report.add(paths[0], None, message, VAULT + (UNSAFE if is_template(secret) else ""), hidden=True)


def takes_variables(text: str) -> bool:
    """Whether a text is a template that takes its value from elsewhere, by a variable or a lookup.

    `pa{{ss` is none, and neither is `{{ 'secret' }}`: the secret stands there.
    """
    inner = (one or other for one, other in _TAG.findall(text))
    return any(set(_NAME.findall(_LITERAL.sub("", part))) - _WORDS for part in inner)


def _secrets(data: t.Mapping[t.Any, t.Any]) -> t.Iterator[tuple[str, t.Any]]:
    """The secrets of the file as (path, value); one that objects inherit is given at its own key only."""
    defaults, profiles = data.get(DEFAULTS), data.get(PROFILES)
    if isinstance(defaults, t.Mapping):
        for word, (_section, cls) in SECTION_DEFAULTS.items():
            yield from _of_record(cls, defaults.get(word), f"{DEFAULTS}.{word}")
    for name, keys in profiles.items() if isinstance(profiles, t.Mapping) else ():
        yield from _of_record(Machine, keys, f"{PROFILES}.{show(name)}")
    yield from _of_record(Cloud, data, "")


def _of_record(cls: type, value: t.Any, path: str) -> t.Iterator[tuple[str, t.Any]]:
    if not isinstance(value, t.Mapping):
        return
    for spec in _leading_to_secrets(cls):
        if spec.name in value:
            yield from _of_key(spec, value[spec.name], f"{path}.{spec.name}".lstrip("."))


def _of_key(spec: KeySpec, value: t.Any, path: str) -> t.Iterator[tuple[str, t.Any]]:
    if spec.secret:
        yield path, value
    elif spec.shape is Shape.ONE:
        yield from _of_record(_class(spec), value, path)
    elif spec.shape is Shape.NAMED and isinstance(value, t.Mapping):
        for name, item in value.items():
            yield from _of_record(_class(spec), item, f"{path}.{show(name)}")
    elif spec.shape is Shape.MANY and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _of_record(_class(spec), item, f"{path}[{index}]")


def _class(spec: KeySpec) -> type:
    return t.cast(type, spec.kind)


@functools.cache
def _leading_to_secrets(cls: type) -> tuple[KeySpec, ...]:
    """The keys of a class that hold secrets, themselves or below."""
    return tuple(
        spec
        for spec in keys_of(cls).values()
        if spec.secret
        or (isinstance(spec.kind, type) and dataclasses.is_dataclass(spec.kind) and _leading_to_secrets(spec.kind))
    )
