# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one shell of all modules: from a module's arguments to its result or its failure.

Each module imports its own action only, so that what is sent to a machine stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn, Protocol

from .errors import CloudError, missing_program

Params = dict[str, Any]
Result = dict[str, Any]


class Module(Protocol):
    """The part of AnsibleModule that is used here."""

    params: Params
    check_mode: bool

    def exit_json(self, **result: Any) -> NoReturn:
        """End with a result."""

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End with an error."""

    def warn(self, warning: str) -> None:
        """Show a warning."""


def begin(kind: type[Any], spec: Mapping[str, Any], hidden: Iterable[str] = (), **more: Any) -> Any:
    """The module, an instance of ``kind`` (AnsibleModule) with these options.

    Where its arguments are refused, Ansible knows only the secrets in options that are spelled and typed as they
    should be, and shows the others in the error and in ``invocation``. So whatever may be a secret is hidden then, and
    the error names the option that was probably meant.

    :param hidden: options, with their aliases, whose values are not shown then, since they may hold secrets among much
        that is none.
    """
    unseen = tuple(hidden)

    class Begun(kind):
        begun = False

        def fail_json(self, msg: str, **result: Any) -> Any:
            if not self.begun:
                self.no_log_values.update(possible_secrets(spec, self.params))
                msg = " ".join([msg, *meant(spec, self.params)])
                self.params.update({name: "(not shown)" for name in unseen if name in self.params})
            return super().fail_json(msg=msg, **result)

    module = Begun(dict(spec), **more)
    module.begun = True
    return module


def possible_secrets(spec: Mapping[str, Any], given: Any) -> set[str]:
    """Texts that may be secret: values of secret options, and beside or instead of these whatever has no option.

    :param spec: options by name, as AnsibleModule takes them.
    """
    if not _secret(spec):
        return set()
    if not isinstance(given, Mapping):
        return set(_texts(given))
    found: set[str] = set()
    for key, value in given.items():
        option = spec.get(str(key))
        if str(key).startswith("_ansible_"):
            continue
        if option is None or option.get("no_log"):
            found.update(_texts(value))
        for part in value if isinstance(value, list) else [value]:
            found |= possible_secrets((option or {}).get("options") or {}, part)
    return found


def meant(spec: Mapping[str, Any], given: Any, path: str = "") -> list[str]:
    """A question for each key that is no option and is spelled like one."""
    if not isinstance(given, Mapping):
        return []
    questions = []
    for key, value in given.items():
        if str(key).startswith("_ansible_"):
            continue
        if str(key) not in spec:
            close = get_close_matches(str(key), spec, n=1)
            questions += [f"{path}{key}: did you mean {close[0]}?"] if close else []
            continue
        for part in value if isinstance(value, list) else [value]:
            questions += meant(spec[str(key)].get("options") or {}, part, f"{path}{key}.") if part else []
    return questions


def _secret(spec: Mapping[str, Any]) -> bool:
    return any(option.get("no_log") or _secret(option.get("options") or {}) for option in spec.values())


def _texts(value: Any) -> Iterator[str]:
    """All texts in a value, keys left out."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif value is not None and not isinstance(value, bool) and value != "":
        yield str(value)


def run(module: Module, action: Callable[[], Result]) -> NoReturn:
    """End the module with what ``action`` returns, or fail with the text of the error that it raises.

    The texts of the key ``warnings`` are shown as Ansible's warnings. An :class:`OSError` is a failure as well: a file,
    a program or a connection that is not there.
    """
    try:
        result = _warned(module, action())
    except CloudError as error:
        module.fail_json(msg=str(error), **_warned(module, dict(error.details)))
    except OSError as error:
        module.fail_json(msg=_text(error))
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def _warned(module: Module, result: Result) -> Result:
    """The result without its warnings, which were shown: ansible-core 2.23 no longer takes them from a result."""
    for text in result.pop("warnings", None) or ():
        module.warn(text)
    return result


def given(value: Any) -> Any:
    """A parameter without the options that were not given, at any depth.

    Ansible fills every option of a typed dictionary, with None where it has neither a value nor a default. Planners and
    renderers take a dictionary that was written by hand as well, where such a key is absent.
    """
    if isinstance(value, dict):
        return {key: given(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [given(item) for item in value]
    return value


def _text(error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and error.filename and "/" not in str(error.filename):
        return missing_program(str(error.filename))  # subprocess looked for it on PATH
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; check that it exists and that this account may use it"
