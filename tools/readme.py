# SPDX-License-Identifier: GPL-3.0-or-later
"""Write each role's README.md from its argument specs and its example, or with --check list the stale ones.

readme.py [--check] ROLE_DIRECTORY…
"""

from __future__ import annotations

import pathlib
import re
import sys
import typing as t

import yaml

Spec = dict[str, t.Any]
#: Roles of layers that can take a machine out of service (`in_turn` in plugins/module_utils/model/stack.py).
IN_TURN = ("container_runtime", "host_base", "host_network")
#: Second examples: their title, and the name of the playbook. Molecule does not run them.
MORE = {"host_network": ("Several links", "host_network_links")}
ON_NODES = """\
## On nodes of a cluster

The role knows nothing of Kubernetes: it drains no node, and changes all hosts of a play side by side, as many at once
as there are forks. `playbooks/site.yml` runs it on control planes that serve together one after another, each while all
others are healthy; then on one worker that is a ready node; and on the other workers when that node has stayed ready
for a minute (150 seconds with slow timings). When one fails, those after it are left as they are. Machines that do not
serve have nothing to lose, so they are changed at once. A playbook of your own has to do all of this itself. With
`serial` a playbook ends when all hosts of a batch have failed, which with one host is the first that fails.

On control planes, `groundup.cloud.kubernetes_others_healthy` waits until every other member of etcd and its API server
are healthy, and fails where one is not. It returns at once on a worker, on the only control plane, and on one that does
not serve, whose change is its repair. On workers, `groundup.cloud.kubernetes_node_ready` waits until the cluster has
the machine as a ready node, with `watched: true` for as long as above, and fails where it is not. Where pods must not
notice, drain a node before.
"""


def words(text: str | list[str] | None) -> list[str]:
    """Paragraphs of a description, Ansible's markup turned into Markdown."""
    paragraphs = [text] if isinstance(text, str) else list(text or [])
    flat = [re.sub(r"\bP\(([^()#]*)#\w+\)", r"`\1`", " ".join(str(p).split())) for p in paragraphs]
    return [re.sub(r"\b[CVOEMIB]\(([^()]*)\)", r"`\1`", p) for p in flat]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def rows(options: Spec, above: str = "") -> t.Iterator[str]:
    """One table row per option; nested options follow their parent and have its name as a prefix."""
    for name, option in options.items():
        path = f"{above}.{name}" if above else name
        kind = str(option.get("type", "str"))
        if kind == "list" and option.get("elements"):
            kind, path = f"list of {option['elements']}", f"{path}[]" if option.get("options") else path
        notes = words(option.get("description"))
        if option.get("choices"):
            notes.append("One of " + ", ".join(f"`{choice}`" for choice in option["choices"]) + ".")
        if option.get("no_log"):
            notes.append("Secret: never printed.")
        if option.get("required"):
            default = "**required**"
        else:
            default = f"`{value(option['default'])}`" if "default" in option else ""
        yield f"| `{path}` | {kind} | {cell(default)} | {cell(' '.join(notes))} |"
        yield from rows(option.get("options") or {}, path)


def value(default: t.Any) -> str:
    text = yaml.safe_dump(default, default_flow_style=True, width=10**6).strip().removesuffix("...").strip()
    return text if len(text) <= 80 else text[:77] + "…"


def entry_point(role: str, name: str, spec: Spec) -> list[str]:
    """The section of one entry point: what it does and its variables."""
    lines = [] if name == "main" else [f"## Entry point `{name}`", ""]
    lines += [line for paragraph in words(spec.get("description")) for line in (paragraph, "")]
    options = spec.get("options") or {}
    if options:
        lines += ["| variable | type | default | meaning |", "|---|---|---|---|", *rows(options), ""]
    else:
        lines += ["It takes no variables.", ""]
    return lines


def readme(role: pathlib.Path) -> str:
    """The whole README of a role directory; KeyError or OSError if its specs or its example are not there."""
    specs: Spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    name = role.name
    first = specs.get("main") or next(iter(specs.values()))
    lines = [
        f"# {name}",
        "",
        f"<!-- Written by `make readmes` from meta/argument_specs.yml and docs/examples/{name}.yml; change those. -->",
        "",
        words(first["short_description"])[0].rstrip(".") + ".",
        "",
    ]
    for entry in sorted(specs, key=lambda key: (key != "main", key)):
        lines += entry_point(name, entry, specs[entry])
    lines += [
        "## Example",
        "",
        f"A whole playbook. `make molecule ROLE={name}` runs this text and tests the result.",
        "",
    ]
    lines += ["```yaml", example(role), "```", ""]
    if name in MORE:
        title, file = MORE[name]
        lines += [f"## {title}", "", "```yaml", example(role, file), "```", ""]
    if name in IN_TURN:
        lines += [ON_NODES, "```yaml", in_turn(role), "```", ""]
    lines += [f"The tag `{name}` runs this role alone in `playbooks/site.yml`.", ""] if in_site(role) else []
    lines += ["## Licence", "", "GPL-3.0-or-later", ""]
    return "\n".join(lines)


def example(role: pathlib.Path, name: str = "") -> str:
    """The playbook in the README, unchanged except for the newline at its end; ``name``: that of another one."""
    return (role.resolve().parents[1] / f"docs/examples/{name or role.name}.yml").read_text().rstrip("\n")


def in_turn(role: pathlib.Path) -> str:
    """The playbook that runs the role on machines of a cluster in turn: one text, which names host_base."""
    text = (role.resolve().parents[1] / "docs/examples/in_turn.yml").read_text().rstrip("\n")
    return text.replace("host_base", role.name)


def in_site(role: pathlib.Path) -> bool:
    """Whether the main playbook runs the role with a tag of its name."""
    site = role.resolve().parents[1] / "playbooks/site.yml"
    return site.exists() and bool(re.search(rf"groundup\.cloud\.{role.name}\b", site.read_text()))


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    stale = []
    for role in (pathlib.Path(a) for a in arguments if a != "--check"):
        if not (role / "meta/argument_specs.yml").exists():
            continue
        target, text = role / "README.md", readme(role)
        if not target.exists() or target.read_text() != text:
            stale.append(str(target))
            if not check:
                target.write_text(text)
    if stale:
        print(("stale, run `make readmes`: " if check else "written: ") + " ".join(stale))
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
