# SPDX-License-Identifier: GPL-3.0-or-later
"""Write options of modules from the roles' argument specs, or with --check list the stale files.

specs.py [--check]

A role describes its input in meta/argument_specs.yml. The modules that take the same input, or a part of it, get their
typed options from it (plugins/module_utils/specs) and the documentation of these (plugins/doc_fragments). So the rules
of an argument stand in one place.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: Roles whose input ROLE_config is the option `config` of modules.
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
    "vm_example",
    "vm_ha",
    "vm_images",
)
#: Rules about several suboptions, which a module's documentation does not have.
TOGETHER = ("mutually_exclusive", "required_one_of", "required_together", "required_if", "required_by")
KEYS = ("type", "elements", "required", "default", "choices", "no_log", *TOGETHER)
HEAD = """\
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by `make readmes` from roles/{role}/meta/argument_specs.yml; change that file, not this one.
"""
SPEC = '''"""The input of the role {role} as {what} of modules."""

from __future__ import annotations

from typing import Any

# fmt: off
{specs}
# fmt: on
'''
FRAGMENT = '''"""{What} of modules that take the input of the role {role}."""

from __future__ import annotations


class ModuleDocFragment:
    """The input of the role."""

    DOCUMENTATION = r"""
{documentation}"""
'''
#: Lines of a fragment's documentation; the file has 12 more, and no file has more than 300.
LONGEST = 288
Option = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of a role's input that modules take.

    :ivar variable: the role's variable, with dots for a suboption of it.
    :ivar option: the option that it is; empty: its suboptions are options of the module.
    :ivar keys: the suboptions that are, by default all.
    :ivar required: whether a module always needs the option.
    """

    variable: str
    option: str = "config"
    keys: tuple[str, ...] = ()
    required: bool = True


@dataclasses.dataclass(frozen=True)
class File:
    """A file in module_utils/specs, and the documentation fragment that belongs to it.

    :ivar parts: the constant in the file -> what it is.
    :ivar more: what else the fragment has.
    """

    role: str
    fragment: str
    parts: dict[str, Part]
    more: dict[str, t.Any] = dataclasses.field(default_factory=dict)


OF_HOSTS = (
    "bonds",
    "networks",
    "isolation",
    "blank_disks",
    "root_mirror",
    "encrypted_disks",
    "node",
    "layers",
    "known_as",
)
#: Files by their names.
FILES = {role: File(role, f"{role}_config", {"CONFIG": Part(f"{role}_config")}) for role in ROLES} | {
    "bmc": File(
        "machine",
        "bmc_options",
        {"BMC": Part("machine_config.bmc", "")},
        {
            "requirements": ["requests >= 2.31 and urllib3 >= 2.1 (Redfish)", "ipmitool (IPMI)"],
            "author": "groundup.cloud founders (@groundup-cloud)",
        },
    ),
    "logins": File("container_runtime", "logins", {"LOGINS": Part("container_runtime_logins", "logins", (), False)}),
    "machine": File(
        "machine",
        "machine_config",
        {"CONFIG": Part("machine_config", "machine"), "SSH": Part("machine_ssh", "ssh")},
    ),
    "prove_bmc": File(
        "machine",
        "prove_bmc_options",
        {
            "IDENTITY": Part("machine_config.identity", "identity", (), False),
            "BMC": Part("machine_config.bmc", "bmc", (), False),
        },
    ),
    "prove_cluster": File("prove", "prove_cluster_options", {"CLUSTER": Part("prove_config.cluster", "")}),
    "prove_fencing": File("prove", "prove_fencing_options", {"FENCING": Part("prove_config.fencing", "")}),
    "prove_host": File("prove", "prove_host_options", {"HOST": Part("prove_config", "", OF_HOSTS)}),
    "virtual_rack": File("virtual_rack", "virtual_rack", {"CONFIG": Part("virtual_rack_config", "rack")}),
}


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
    found = {key: value for key, value in option.items() if key not in ("options", "no_log", *TOGETHER)}
    if option.get("choices"):
        found["choices"] = _Choices(option["choices"])
    if option.get("options"):
        found["suboptions"] = {name: documented(inner, short) for name, inner in option["options"].items()}
    return _Leaf(found) if short and not option.get("options") else found


def given(role: str, part: Part) -> Option:
    """What the role's argument spec says of this part of its input."""
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
    first, *rest = part.variable.split(".")
    option = specs["main"]["options"][first]
    for name in rest:
        option = option["options"][name]
    found = {
        key: value for key, value in option.items() if key != "required" and (key != "default" or not part.required)
    }
    return {**found, "required": True} if part.required else found


def options_of(role: str, part: Part) -> dict[str, Option]:
    """The options of modules that the part is."""
    option = given(role, part)
    if part.option:
        return {part.option: option}
    return {name: option["options"][name] for name in part.keys or option["options"]}


def _constant(role: str, name: str, part: Part) -> str:
    options = {key: argument(option) for key, option in options_of(role, part).items()}
    return f"{name}: dict[str, Any] = {literal(options[part.option] if part.option else options)}"


def _fragment(options: dict[str, Option], more: dict[str, t.Any], short: bool) -> str:
    shown = {"options": {name: documented(option, short) for name, option in options.items()}, **more}
    return yaml.safe_dump(shown, sort_keys=False, width=92, allow_unicode=True)


def _named(options: dict[str, Option]) -> str:
    """The options in words."""
    if len(options) > 2:
        return "options"
    return f"the option{'s' if len(options) > 1 else ''} " + " and ".join(f"`{name}`" for name in options)


def files(name: str) -> dict[pathlib.Path, str]:
    """What is written for a file of FILES: path -> text."""
    file = FILES[name]
    head = HEAD.format(role=file.role)
    options = {key: option for part in file.parts.values() for key, option in options_of(file.role, part).items()}
    specs = "\n".join(_constant(file.role, constant, part) for constant, part in file.parts.items())
    text = _fragment(options, file.more, short=False)
    if len(text.splitlines()) > LONGEST:
        text = _fragment(options, file.more, short=True)
    what = _named(options)
    named = {"role": file.role, "what": what, "What": what[0].upper() + what[1:]}
    return {
        ROOT / f"plugins/module_utils/specs/{name}.py": head + SPEC.format(specs=specs, **named),
        ROOT / f"plugins/doc_fragments/{file.fragment}.py": head + FRAGMENT.format(documentation=text, **named),
    }


def main(arguments: list[str]) -> int:
    wanted = {path: text for name in FILES for path, text in files(name).items()}
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
