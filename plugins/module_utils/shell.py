# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one shell of all modules: from a module's parameters to its result or its failure.

Each module imports its own action only, so that what is sent to a machine stays small.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from .errors import CloudError

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


def run(module: Module, action: Callable[[], Result]) -> NoReturn:
    """End the module with what ``action`` returns, or fail with the text of the error that it raises.

    An :class:`OSError` is a failure as well: a file, a program or a connection that is not there.
    """
    try:
        result = action()
    except CloudError as error:
        module.fail_json(msg=str(error), **error.details)
    except OSError as error:
        module.fail_json(msg=_text(error))
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


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
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; check that it exists and that this account may use it"
