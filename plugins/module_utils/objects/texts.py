# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML in and out, by libyaml where PyYAML was built with it: upstream's CRDs are megabytes.

PyYAML comes with ansible-core on the controller. It is imported where it is used, since the engine's modules are
documented on hosts without it.
"""

from __future__ import annotations

from typing import Any


class NotYaml(Exception):
    """A text is not YAML; says where, without the line itself, which may hold a secret."""


def parse(text: str) -> list[Any]:
    """Return the documents of a YAML or JSON text.

    :raises NotYaml: it is neither.
    """
    import yaml

    try:
        return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it can't be read"
        raise NotYaml(f"line {mark.line + 1}: not YAML: {problem}" if mark else f"not YAML: {problem}") from error


def dump(item: Any) -> str:
    """Return an object as YAML with sorted keys."""
    import yaml

    return str(yaml.dump(item, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), width=120, sort_keys=True))
