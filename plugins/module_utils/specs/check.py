# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the input of a role against its argument specs, where Ansible does not, and inside of its free mappings.

Ansible checks inputs that are options of a module. The probe takes them as they are in the inventory, and a mapping
with names of its own (`files`, `peers`) is to Ansible a dictionary of anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import CloudError
from .mappings import VALUES

Option = Mapping[str, Any]
_WORDS = {"str": "a text", "path": "a path", "int": "a whole number", "float": "a number", "bool": "true or false",
          "list": "a list", "dict": "a mapping"}  # fmt: skip
#: Words that Ansible takes for true and false.
_BOOLS = ("true", "false", "yes", "no", "on", "off", "y", "n", "t", "f", "1", "0")  # alternating


#: What an option that is a list says of its elements.
_INSIDE = ("options", "required_one_of", "mutually_exclusive")


class InputError(CloudError):
    """The input of a role is wrong; the text names each setting and the remedy."""


def checked(role: str, config: Option, value: dict[str, Any]) -> dict[str, Any]:
    """The input with numbers, texts and truth values as Ansible makes them, or InputError with all that is wrong.

    :param config: its option, from the package ``specs``.
    """
    wrong = mistakes(role, config, value)
    if wrong:
        raise InputError(wrong)
    found: dict[str, Any] = _typed(role, config, value)
    return found


def filled(config: Option, value: Any) -> Any:
    """The input with the defaults of all options that it does not have, as Ansible fills those of a module."""
    options = config.get("options")
    if config.get("type") == "list" and options and isinstance(value, list):
        return [filled({"type": "dict", "options": options}, item) for item in value]
    if not options or not isinstance(value, Mapping):
        return value
    defaults = {name: option["default"] for name, option in options.items() if "default" in option}
    given = {**defaults, **{name: item for name, item in value.items() if item is not None}}
    return {name: filled(options.get(name, {}), item) for name, item in given.items()}


def mistakes(role: str, config: Option, value: Any) -> str:
    """Everything that is wrong with an input, with the remedy; empty if nothing is."""
    return "; ".join(_wrong(role, role, config, value))


def probably(name: str, known: Any) -> str:
    """What a name that is not known was probably meant to be, or the names that are known."""
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(map(str, known))}"


def _wrong(where: str, path: str, option: Option, value: Any) -> Iterator[str]:
    """:param where: for the message. :param path: the same without places in lists and names in mappings."""
    kind = option.get("type", "str")
    if value is None:
        return
    if kind == "dict":
        yield from _wrong_mapping(where, path, option, value)
    elif kind == "list":
        yield from _wrong_list(where, path, option, value)
    elif not _fits(kind, value):
        yield f"{where}: {value!r} is not {_WORDS[kind]}"
    elif "choices" in option and str(value) not in map(str, option["choices"]):
        yield f"{where}: {value!r} is not known; {probably(str(value), option['choices'])}"


def _wrong_mapping(where: str, path: str, option: Option, value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where}: {value!r} is not a mapping"
        return
    options = option.get("options")
    if options is None:
        each = VALUES.get(path)
        for name, item in value.items() if each else ():
            if item is None:
                yield f"{where}.{name}: it is empty; give it a value or remove it"
            yield from _wrong(f"{where}.{name}", f"{path}.*", each or {}, item)
        return
    for name, item in value.items():
        if name in options:
            yield from _wrong(f"{where}.{name}", f"{path}.{name}", options[name], item)
        else:
            yield f"{where}.{name}: no such setting; {probably(str(name), options)}"
    for name, inner in options.items():
        if inner.get("required") and value.get(name) is None:
            yield f"{where}.{name}: is required"
    yield from _wrong_together(where, option, value)


def _wrong_together(where: str, option: Option, value: Mapping[str, Any]) -> Iterator[str]:
    """What a mapping's settings are not together."""
    for names in option.get("required_one_of") or ():
        if all(value.get(name) is None for name in names):
            yield f"{where}: one of {', '.join(names)} is required"
    for names in option.get("mutually_exclusive") or ():
        both = [name for name in names if value.get(name) is not None]
        if len(both) > 1:
            yield f"{where}: {' and '.join(both)} exclude each other; remove all but one"


def _wrong_list(where: str, path: str, option: Option, value: Any) -> Iterator[str]:
    if not isinstance(value, list | tuple):
        yield f"{where}: {value!r} is not a list"
        return
    element = {"type": option.get("elements", "raw"), **{key: option[key] for key in _INSIDE if key in option}}
    for place, item in enumerate(value):
        if item is None:
            yield f"{where}[{place}]: it is empty; remove it"
        yield from _wrong(f"{where}[{place}]", path, element, item)


def _fits(kind: str, value: Any) -> bool:
    if kind == "raw":
        return True
    if kind == "bool":
        return isinstance(value, bool) or str(value).lower() in _BOOLS
    if isinstance(value, Mapping | list | tuple):
        return False
    if kind in ("int", "float"):
        return not isinstance(value, bool) and _is_number(value, int if kind == "int" else float)
    return True


def _typed(path: str, option: Option, value: Any) -> Any:
    """A value without mistakes, converted."""
    kind = option.get("type", "str")
    if value is None or kind == "raw":
        return value
    if kind == "dict":
        options = option.get("options")
        each = {"type": "raw"} if options is not None else VALUES.get(path, {"type": "raw"})
        inner = {
            name: (f"{path}.{name}" if options else f"{path}.*", (options or {}).get(name, each)) for name in value
        }
        return {name: _typed(*inner[name], item) for name, item in value.items()}
    if kind == "list":
        element = {"type": option.get("elements", "raw"), "options": option.get("options")}
        return [_typed(path, element, item) for item in value]
    if kind == "bool":
        return value if isinstance(value, bool) else str(value).lower() in _BOOLS[::2]
    return {"int": int, "float": float}.get(kind, str)(value)


def _is_number(value: Any, kind: type[int] | type[float]) -> bool:
    try:
        return kind(value) == float(value)
    except (TypeError, ValueError):
        return False
