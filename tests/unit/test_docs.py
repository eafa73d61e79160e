# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages for people: links lead somewhere, YAML can be read, and what is quoted is in the collection."""

from __future__ import annotations

import functools
import importlib.util
import pathlib
import re
import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.model import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob("tests/**/*.md")]
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(text: str, *languages: str) -> list[str]:
    return [body for language, body in BLOCK.findall(text) if language in languages]


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return BLOCK.sub("", text)


def slug(heading: str) -> str:
    """The anchor that a heading gets where repositories are shown."""
    return re.sub(r"[^\w\- ]", "", heading.replace("`", "").strip().lower()).replace(" ", "-")


def anchors(path: pathlib.Path) -> set[str]:
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", prose(path.read_text()), re.MULTILINE)}


def broken(path: pathlib.Path, text: str) -> list[str]:
    """Links of a page to files or headings that do not exist."""
    found = []
    for target in re.findall(r"\]\(([^()\s]+)\)", prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, __, anchor = target.partition("#")
        place = (path.parent / name) if name else path
        if not place.exists() or (anchor and anchor not in anchors(place)):
            found.append(target)
    return found


@each_page
def test_links_lead_somewhere(path: pathlib.Path) -> None:
    assert not broken(path, path.read_text())


def test_a_link_that_leads_nowhere_is_found() -> None:
    text = "[a](docs/no.md) [b](README.md#no) [c](README.md#groundupcloud) [d](https://x.example)\n```\n[e](no)\n```\n"
    assert broken(ROOT / "README.md", text) == ["docs/no.md", "README.md#no"]


@each_page
def test_blocks_of_yaml_can_be_read(path: pathlib.Path) -> None:
    for block in blocks(path.read_text(), "yaml", "yml"):
        assert [document for document in yaml.safe_load_all(block) if document is not None]


@each_page
def test_models_in_pages_have_no_errors(path: pathlib.Path) -> None:
    for block in blocks(path.read_text(), "yaml"):
        if block.startswith("plugin: groundup.cloud.cloud"):
            load.load(yaml.safe_load(block))


#: What `groundup.cloud.NAME` may name.
NAMES = {path.stem for directory in ("playbooks", "plugins/*") for path in ROOT.glob(f"{directory}/*.*")}
NAMES |= {path.name for path in ROOT.glob("roles/*")}
NAMES |= set(yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"])
#: Where variables that are set with -e, or named in prose, are read.
READ = [path for directory in ("plugins", "roles", "playbooks", "tools") for path in (ROOT / directory).rglob("*")]
SOURCES = "\n".join(path.read_text() for path in READ if path.is_file() and path.suffix in ("", ".py", ".yml"))
ROLES = "|".join(sorted(path.name for path in ROOT.glob("roles/*")))
TARGETS = set(re.findall(r"^([a-z0-9 -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
TARGETS = {word for line in TARGETS for word in line.split()}
TAGS = set(re.findall(r"tags: \[([^\]]+)\]", "\n".join(path.read_text() for path in ROOT.glob("playbooks/**/*.yml"))))
TAGS = {tag.strip() for line in TAGS for tag in line.split(",")}


def unknown(text: str) -> list[str]:
    """Names in a page that are not in the collection: playbooks, roles, modules, variables, commands, tags."""
    code = "\n".join([*blocks(text, "console", "shell", "yaml"), *re.findall(r"`([^`\n]+)`", prose(text))])
    found = [name for name in re.findall(r"(?<![/\w])groundup\.cloud\.(\w+)", code) if name not in NAMES]
    variables = re.findall(r"(?:-e |-e '\{\")([a-z]\w+)", code)
    variables += re.findall(rf"^((?:{ROLES}|groundup)_\w+)$", code, re.MULTILINE)
    found += [name for name in variables if not re.search(rf"\b{name}\b", SOURCES)]
    targets = re.findall(r"^make ([a-z][a-z0-9-]*)(?: +[A-Z#].*)?$", code, re.MULTILINE)
    found += [name for name in targets if name not in TARGETS]
    found += [name for name in re.findall(r"--tags ([a-z_]+)", code) if name not in TAGS]
    files = re.findall(r"(?<![\w/])((?:tools|playbooks|inventories)/[\w./-]+\w)", code)
    found += [name for name in files if not (ROOT / name).exists()]
    return found


@each_page
def test_what_is_quoted_is_in_the_collection(path: pathlib.Path) -> None:
    assert not unknown(path.read_text())


def test_what_is_not_in_the_collection_is_found() -> None:
    text = "`groundup.cloud.sight` `machine_wipes` `make lap`\n"
    text += "```console\nplay playbooks/no.yml -e prooof=1 --tags swich\n```\n"
    assert unknown(text) == ["sight", "prooof", "machine_wipes", "lap", "swich", "playbooks/no.yml"]


@functools.cache
def beside(name: str) -> t.Any:
    """Another file of tests, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"tests/unit/{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def options_of(module: str) -> set[str]:
    return set(beside("test_architecture").options_of(module))


def unknown_options(value: t.Any) -> list[str]:
    """Options in the tasks of a document that their modules do not have."""
    if isinstance(value, list):
        return [text for one in value for text in unknown_options(one)]
    if not isinstance(value, dict):
        return []
    found = []
    for key, given in value.items():
        module = str(key).removeprefix("groundup.cloud.")
        if module != key and (ROOT / f"plugins/modules/{module}.py").exists() and isinstance(given, dict):
            found += [f"{key}: {name}" for name in given if name not in options_of(module)]
        else:
            found += unknown_options(given)
    return found


EXAMPLES = sorted(ROOT.glob("docs/examples/*.yml"))


@pytest.mark.parametrize("path", [*PAGES, *EXAMPLES], ids=lambda path: str(path.relative_to(ROOT)))
def test_tasks_give_options_that_their_modules_have(path: pathlib.Path) -> None:
    text = path.read_text()
    for block in blocks(text, "yaml", "yml") if path.suffix == ".md" else [text]:
        if "groundup.cloud." in block:
            assert not [name for one in yaml.safe_load_all(block) for name in unknown_options(one)]


def test_an_option_that_no_module_has_is_found() -> None:
    tasks = [{"block": [{"groundup.cloud.vm_power": {"name": "a", "namespace": "b", "sate": "stopped"}}]}]
    assert unknown_options(tasks) == ["groundup.cloud.vm_power: sate"]


#: How a page marks what another program says.
OTHERS = ("(Ansible)", "(konnectivity)")


def symptoms(text: str) -> list[str]:
    """Messages in the first column of the tables of a page; what other programs say is marked."""
    cells = [line.split("|")[1].strip() for line in prose(text).splitlines() if line.startswith("| `")]
    return [
        t.cast("re.Match[str]", re.match("`([^`]+)`", cell)).group(1)
        for cell in cells
        if not any(one in cell for one in OTHERS)
    ]


def messages() -> str:
    return str(beside("test_quoted_messages").messages())


def test_symptoms_are_messages_of_the_collection() -> None:
    known = messages()
    found = symptoms((ROOT / "docs/troubleshooting.md").read_text())
    assert len(found) > 30
    assert not [text for text in found if text not in known]


def test_symptoms_are_found() -> None:
    others = "| `c` (Ansible) | y |\n| `e` (konnectivity), in a log | y |\n"
    assert symptoms(f"| `a b` | x |\n{others}| d | z |\n") == ["a b"]


def test_each_page_for_users_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    pages = [
        str(path.relative_to(ROOT))
        for path in [*ROOT.glob("docs/*.md"), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
    ]
    assert not [page for page in pages if f"({page})" not in readme]


def test_both_commands_are_at_the_top_of_the_readme() -> None:
    top = (ROOT / "README.md").read_text().split("\n## ")[0]
    assert re.search(r"^make lab\b", top, re.MULTILINE)
    assert re.search(r"^make test\b", top, re.MULTILINE)
