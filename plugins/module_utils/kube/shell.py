# Copyright: the groundup.cloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a module's parameters to its result. Each module imports its own action only: what is sent is compiled there."""

from __future__ import annotations

import typing as t

from ..host.state import HostError
from .settings import Settings, parse

Params = t.Mapping[str, t.Any]
Result = dict[str, t.Any]
Action = t.Callable[[Settings, Params, bool], Result]


class Module(t.Protocol):
    """The part of AnsibleModule that is used here."""

    params: dict[str, t.Any]
    check_mode: bool

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        """Leave with a result."""

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        """Leave with an error."""


def run(module: Module, action: Action) -> None:
    """Do ``action(settings, parameters, check mode)``; an error becomes the module's message, without a traceback."""
    try:
        result = action(parse(module.params["kubernetes"]), module.params, module.check_mode)
    except HostError as error:
        module.fail_json(msg=str(error))
    module.exit_json(**result)
