# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference page of the model in Markdown, generated from the classes."""

from __future__ import annotations

import enum

from .fields import KeySpec, Shape, keys_of
from .releases import words
from .scalars import Scalar
from .schema import default_text, is_record, later_text
from .types import Cloud

HEAD = """\
<!-- Generated from plugins/module_utils/model by tools/model_docs.py; changes made here are lost. -->
# The model of a cloud

One file describes a cloud. It is named `cloud.yml` or `NAME.cloud.yml`, begins with `plugin: groundup.cloud.cloud`,
and is an Ansible inventory: `ansible-inventory -i cloud.yml --graph` shows what is derived from it. A model with errors
ends every command with a list of all errors, each with file and line, value and remedy. Editors complete and check
keys with [the JSON Schema](../schema/cloud.schema.json): put `# yaml-language-server: $schema=…/cloud.schema.json` on
the first line.

**Split.** A model may be split into files of one directory: one file with `name`, and files without it; each begins
with `plugin:`. A key that two files define is an error. Each file may have keys of Ansible's constructed inventories,
such as `compose`, `groups` and `keyed_groups`, which apply to all hosts.

**Anchors.** Keys at the top of a file that begin with `x-` are not read, so YAML anchors can stand there.

**Numbers** are written in decimal. One that YAML 1.1 reads as something else, such as `0100`, is an error.

**Defaults.** `defaults: {machine: {…}, network: {…}, switch: {…}}` holds keys for all machines, networks or switches.
Mappings are merged key by key, lists are replaced, and `null` removes a default.

**Hardware profiles.** `profiles: {NAME: {…}}` holds keys of the machines that say `profile: NAME`, merged in the same
way: a machine's own key comes before that of its profile, and this before that of `defaults.machine`. The latter
may name the profile of machines that name none. [Hardware profiles](../profiles.md) has examples.

**Templates and secrets.** Values may be Ansible templates. They are evaluated when the inventory is read, with extra
variables and `group_vars/all` beside the model. Passwords are evaluated later, where they are used, so they may come
from any vault; `!vault` values and encrypted files work too. A password in clear text is a warning.

**Addresses.** A machine's address in a network is subnet + `first` + the machine's number, which is `number` or the
digits at the end of its name: `node7` has 10.30.0.27 in 10.30.0.0/24 with `first: 20`. Adding a machine never renumbers
another; an address that is taken, or doesn't fit, is an error. Every machine also has an address in the provision
network, which is the one with `native: true`.

**Groups.** `switches`, `provisioners`, `machines`, `control_plane`, `compute`, `storage`, and `rack_NAME` for every
rack, with `_` for every other character of its name than letters and digits.

**Later.** A key or word that no layer of this release acts on is an error that names the release from which it works.
"""


def page() -> str:
    """The page in Markdown."""
    sections: dict[type, str] = {}
    todo: list[tuple[str, type]] = [("", Cloud)]
    while todo:
        path, cls = todo.pop(0)
        if cls not in sections:
            sections[cls] = path
            todo += [(_below(path, key, spec), spec.kind) for key, spec in keys_of(cls).items() if is_record(spec.kind)]
    return "\n".join([HEAD, *(_section(path, cls, sections) for cls, path in sections.items())])


def _below(path: str, key: str, spec: KeySpec) -> str:
    suffix = {Shape.NAMED: ".NAME", Shape.MANY: "[]"}.get(spec.shape, "")
    return f"{path}.{key}{suffix}" if path else f"{key}{suffix}"


def _section(path: str, cls: type, sections: dict[type, str]) -> str:
    title = f"## `{path}`" if path else "## The file"
    lines = [title, "", (cls.__doc__ or "").strip(), "", "| Key | Value | Default | Meaning |", "|---|---|---|---|"]
    lines += [_row(spec, sections) for spec in keys_of(cls).values() if spec.shape is not Shape.KEY]
    return "\n".join([*lines, ""])


def _row(spec: KeySpec, sections: dict[type, str]) -> str:
    default = "**required**" if spec.required else _code(default_text(spec))
    unit = f" In {spec.unit}." if spec.unit else ""
    example = f" Example: `{spec.example}`." if spec.example else ""
    secret = " A secret." if spec.secret else ""
    meaning = f"{spec.doc}{unit}{secret}{example}{later_text(spec)}"
    return f"| `{spec.name}` | {_value(spec, sections)} | {default} | {meaning} |"


def _code(text: str) -> str:
    return f"`{text}`" if text and "`" not in text and " " not in text else text


def _value(spec: KeySpec, sections: dict[type, str]) -> str:
    if isinstance(spec.kind, Scalar):
        one = spec.kind.name + (", or a list of two" if spec.second else "")
    elif issubclass(spec.kind, enum.Enum):
        one = ", ".join(f"`{word}`" for word in words(spec.kind))
    else:
        anchor = "".join(letter for letter in sections[spec.kind].lower() if letter.isalnum() or letter == "_")
        one = f"[mapping](#{anchor})" + (f", or its `{spec.short}`" if spec.short else "")
        one += f", or a list of two: itself and its `{spec.other}`" if spec.other else ""
    return {Shape.MANY: f"list: {one}", Shape.NAMED: f"names: {one}"}.get(spec.shape, one)
