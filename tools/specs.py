# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the modules' option `config` from the roles' argument specs, or with --check list the stale files.

specs.py [--check]

A role describes its input ROLE_config in meta/argument_specs.yml. The modules that take the same input get their typed
sub-options from it (plugins/module_utils/specs/ROLE.py) and their documentation (plugins/doc_fragments/ROLE_config.py).
"""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: Roles whose input is an option of modules.
ROLES = (
    "cdi",
    "container_runtime",
    "drawing",
    "hosted_control_plane",
    "host_base",
    "host_network",
    "konnectivity",
    "kubernetes",
    "kubevirt",
    "load_balancer",
    "multus",
    "network_basic",
    "network_calico",
    "network_cilium",
    "network_custom",
    "network_flannel",
    "network_kube_ovn",
    "network_leftovers",
    "network_policies",
    "provisioner",
    "rook_ceph",
    "snapshot_controller",
    "switch",
    "vm_ha",
    "vm_images",
)
KEYS = ("type", "elements", "required", "default", "choices", "no_log")
HEAD = """\
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/{role}/meta/argument_specs.yml; change that file, not this one.
"""
SPEC = '''"""The input of the role {role} as the option `config` of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
CONFIG: dict[str, Any] = {spec}
# fmt: on
'''
FRAGMENT = '''"""The option `config` of modules that take the input of the role {role}."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
{documentation}"""
'''
#: Lines of a fragment's documentation; the file has 12 more, and no file has more than 300.
LONGEST = 288
Option = dict[str, t.Any]


def argument(option: Option) -> Option:
    """An option of the role as one of a module, without its description."""
    found = {key: option[key] for key in KEYS if key in option}
    if option.get("options"):
        found["options"] = {name: argument(inner) for name, inner in option["options"].items()}
    return found


def literal(value: t.Any, indent: int = 0) -> str:
    """Plain data as Python: what holds mappings with a line for each key, everything else in one line."""
    flat = _one_line(value)
    if not isinstance(value, dict):
        return flat
    if not any(isinstance(inner, dict) and inner for inner in value.values()) and indent + len(flat) < 90:
        return flat
    pad = " " * (indent + 4)
    lines = [f"{pad}{json.dumps(key)}: {literal(item, indent + 4)},\n" for key, item in value.items()]
    return "{\n" + "".join(lines) + " " * indent + "}"


def _one_line(value: t.Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_one_line(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_one_line, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


class _Choices(list[str]):
    """A list in one line, so that the fragments of roles with many words stay short."""


yaml.SafeDumper.add_representer(
    _Choices, lambda dumper, words: dumper.represent_sequence("tag:yaml.org,2002:seq", words, flow_style=True)
)


class _Leaf(dict[str, t.Any]):
    """An option without suboptions on as few lines as it takes."""


yaml.SafeDumper.add_representer(
    _Leaf, lambda dumper, option: dumper.represent_mapping("tag:yaml.org,2002:map", option.items(), flow_style=True)
)


def documented(option: Option, short: bool = False) -> Option:
    """The same as documentation of a module, where nested options are called suboptions and no_log is not shown.

    :param short: options without suboptions take few lines.
    """
    found = {key: value for key, value in option.items() if key not in ("options", "no_log")}
    if option.get("choices"):
        found["choices"] = _Choices(option["choices"])
    if option.get("options"):
        found["suboptions"] = {name: documented(inner, short) for name, inner in option["options"].items()}
    return _Leaf(found) if short and not option.get("options") else found


def config_of(role: str) -> Option:
    """The role's input, which a module always needs."""
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
    option = dict(specs["main"]["options"][f"{role}_config"])
    option.pop("default", None)
    return {**option, "required": True}


def _fragment(option: Option, short: bool) -> str:
    options = {"options": {"config": documented(option, short)}}
    return yaml.safe_dump(options, sort_keys=False, width=92, allow_unicode=True)


def files(role: str) -> dict[pathlib.Path, str]:
    """What is written for a role: path -> text."""
    option, head = config_of(role), HEAD.format(role=role)
    spec = literal(argument(option))
    text = _fragment(option, short=False)
    if len(text.splitlines()) > LONGEST:
        text = _fragment(option, short=True)
    return {
        ROOT / f"plugins/module_utils/specs/{role}.py": head + SPEC.format(role=role, spec=spec),
        ROOT / f"plugins/doc_fragments/{role}_config.py": head + FRAGMENT.format(role=role, documentation=text),
    }


def main(arguments: list[str]) -> int:
    wanted = {path: text for role in ROLES for path, text in files(role).items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if stale and "--check" not in arguments:
        for path in stale:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path])
    if stale:
        names = " ".join(str(path.relative_to(ROOT)) for path in stale)
        print(f"{'stale, run `make readmes`' if '--check' in arguments else 'written'}: {names}")
    return int("--check" in arguments and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
