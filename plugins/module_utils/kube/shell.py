# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell of modules whose option ``config`` is the input of the role kubernetes."""

from __future__ import annotations

import typing as t

from .. import shell
from ..specs.check import checked
from ..specs.kubernetes import CONFIG
from .settings import Settings, parse

Action = t.Callable[[Settings, t.Mapping[str, t.Any], bool], shell.Result]


def run(module: shell.Module, action: Action) -> t.NoReturn:
    """End the module with the result of ``action(settings, parameters, check mode)``, or with its error."""
    config = shell.given(module.params["config"])
    params = {**module.params, "config": config}
    shell.run(module, lambda: action(parse(checked("kubernetes", CONFIG, config)), params, module.check_mode))
