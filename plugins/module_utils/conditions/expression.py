# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for custom resources by JMESPath (jmespath.org). On the controller only, where the package jmespath is."""

from __future__ import annotations

import json
from datetime import datetime

from ..errors import CloudError
from ..waiting.missing import Row
from .fields import Item, Rule, deleted, lacking

WIDTH = 120  # characters of a value in a text


class ExpressionError(CloudError):
    """An expression cannot be used."""


def expression(text: str) -> Rule:
    """A rule: an object is as wanted when the expression gives something that JMESPath takes for true, which are all
    values but null, false, and empty texts, lists and objects.

    :raises ExpressionError: it is not JMESPath, or the package is not installed.
    """
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as error:
        raise ExpressionError(
            f"the expression {text!r} needs the Python package jmespath on the controller; install it there"
        ) from error
    try:
        compiled = jmespath.compile(text)
    except JMESPathError as error:
        raise ExpressionError(f"the expression {text!r} is not JMESPath: {' '.join(str(error).split())}") from error

    def rule(item: Item, _now: datetime) -> Row | None:
        if row := deleted(item):
            return row
        try:
            found = compiled.search(item)
        except JMESPathError as error:  # a function that is given a value of another type, such as one not set yet
            return lacking(item, f"{text} cannot be evaluated: {' '.join(str(error).split())}")
        if found or (found == 0 and not isinstance(found, bool)):
            return None
        return lacking(item, f"{text} is {json.dumps(found)[:WIDTH]}")

    return rule
