# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of every role's README: a playbook whose variables the role takes, and which Molecule converges with."""

from __future__ import annotations

import importlib.util
import pathlib
import typing as t

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROLES = sorted(path.parent.parent.name for path in (ROOT / "roles").glob("*/tasks/main.yml"))
COLLECTION = "groundup.cloud."
IMPORT = "ansible.builtin.import_role"
#: What stands for the result of a template, which only a run can know.
STAND_INS: dict[str, t.Any] = {"dict": {}, "list": [], "int": 1, "float": 1.0, "bool": True}

Spec = dict[str, t.Any]
each_role = pytest.mark.parametrize("role", ROLES)


def load_tool(path: str) -> t.Any:
    spec = importlib.util.spec_from_file_location(pathlib.Path(path).stem, ROOT / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


extract = load_tool("molecule/default/readme_example.py").example
TOOL = load_tool("tools/readme.py")


def plays(role: str) -> list[dict[str, t.Any]]:
    found: list[dict[str, t.Any]] = yaml.safe_load(extract((ROOT / "roles" / role / "README.md").read_text()))
    return found


def uses(play: dict[str, t.Any]) -> t.Iterator[tuple[str, str, dict[str, t.Any]]]:
    """Role, entry point and variables of every role that a play runs."""
    for item in play.get("roles", []):
        yield item["role"], "main", play.get("vars", {}) | item.get("vars", {})
    for task in play.get("tasks", []):
        if IMPORT in task:
            entry = pathlib.Path(task[IMPORT].get("tasks_from", "main")).stem
            yield task[IMPORT]["name"], entry, play.get("vars", {}) | task.get("vars", {})


def options(role: str, entry: str = "main") -> Spec:
    text = (ROOT / "roles" / role / "meta/argument_specs.yml").read_text()
    found: Spec = yaml.safe_load(text)["argument_specs"][entry].get("options", {})
    return found


def rendered(value: t.Any, option: Spec) -> t.Any:
    """The value with a stand-in of the option's type for every template."""
    if isinstance(value, str) and "{{" in value:
        return STAND_INS.get(option.get("type", "str"), value)
    inner = option.get("options", {})
    if isinstance(value, dict):
        return {key: rendered(item, inner.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        each = {"type": option.get("elements", "str"), "options": inner}
        return [rendered(item, each) for item in value]
    return value


def complaints(role: str, entry: str, variables: dict[str, t.Any]) -> list[str]:
    """What the argument specs of the role, or of the role that a variable belongs to, do not allow."""
    found = []
    for owner in {name.rpartition("_config")[0] for name in variables if name.endswith("_config")} | {role}:
        wanted = options(owner, entry if owner == role else "main") if owner in ROLES else {}
        own = {name: value for name, value in variables.items() if name.startswith(f"{owner}_")}
        values = {name: rendered(value, wanted.get(name, {})) for name, value in own.items()}
        found += ArgumentSpecValidator(wanted).validate(values).error_messages
        variables = {name: value for name, value in variables.items() if name not in own}
    return found + [f"{name} belongs to no role" for name in variables]


@each_role
def test_the_readme_shows_one_whole_playbook(role: str) -> None:
    play = plays(role)[0]
    assert {"name", "hosts", "gather_facts"} <= set(play)
    assert next(uses(play))[0] == COLLECTION + role


@each_role
def test_the_roles_take_every_variable_of_the_example(role: str) -> None:
    found = [use for play in plays(role) for use in uses(play)]
    assert any(variables for _name, _entry, variables in found)
    for name, entry, variables in found:
        assert not complaints(name.removeprefix(COLLECTION), entry, variables)


def test_roles_that_can_take_a_machine_out_of_service_say_how_to_use_them_alone() -> None:
    layers = derive(load(ROOT / "inventories/lab/cloud.yml")).group_vars["machines"]["groundup_layers"]
    roles = {layer["role"].removeprefix(COLLECTION) for layer in layers if layer.get("in_turn")}
    assert set(TOOL.IN_TURN) == roles
    for role in ROLES:
        assert ("## On nodes of a cluster" in (ROOT / "roles" / role / "README.md").read_text()) == (role in roles)


@pytest.mark.parametrize("role", TOOL.IN_TURN)
def test_the_example_on_nodes_runs_the_role_on_control_planes_and_on_workers(role: str) -> None:
    planes, workers = yaml.safe_load(TOOL.in_turn(ROOT / "roles" / role))
    assert [next(uses(play)) for play in (planes, workers)] == [(COLLECTION + role, "main", {})] * 2
    assert (planes["serial"], workers["serial"]) == (1, [1, "100%"])
    assert "host_base" not in str([planes, workers]) or role == "host_base"


@each_role
def test_the_readme_is_as_it_is_written_from_its_sources(role: str) -> None:
    assert (ROOT / "roles" / role / "README.md").read_text() == TOOL.readme(ROOT / "roles" / role)


@each_role
def test_molecule_converges_with_the_text_of_the_readme(role: str) -> None:
    """The base configuration names the extracted file; a scenario neither names another one nor has one of its own."""
    base = yaml.safe_load((ROOT / ".config/molecule/config.yml").read_text())
    extracted = "${MOLECULE_EPHEMERAL_DIRECTORY}/examples/${MOLECULE_SCENARIO_NAME}.yml"
    assert base["ansible"]["playbooks"] == {"converge": extracted}
    own = yaml.safe_load((ROOT / "molecule" / role / "molecule.yml").read_text()) or {}
    assert not {"playbooks", "playbook"} & {*own, *own.get("ansible", {}), *own.get("provisioner", {})}
    assert not (ROOT / "molecule" / role / "converge.yml").exists()
    assert "readme_example.py" in (ROOT / "tools/molecule").read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"host_base_config": {"ntp_server": ["10.0.0.1"]}}, "ntp_server"),
        ({"host_base_config": {"firewall": {"ssh_port": "twenty-two"}}}, "ssh_port"),
        ({"host_base_conf": {}}, "host_base_conf"),
        ({"others": 1}, "others belongs to no role"),
    ],
)
def test_a_variable_that_no_role_takes_is_found(wrong: dict[str, t.Any], message: str) -> None:
    assert message in "\n".join(complaints("host_base", "main", wrong))


@pytest.mark.parametrize(
    "readme",
    ["# r\n", "## Example\n\nNone.\n", "## Example\n```yaml\n- a\n```\n```yaml\n- b\n```\n## Licence\n"],
)
def test_a_readme_without_one_example_is_refused(readme: str) -> None:
    with pytest.raises(ValueError, match="one section `## Example` with one YAML block"):
        extract(readme)


def test_the_block_is_taken_from_its_section_only() -> None:
    readme = (
        "## Use\n```yaml\n- no\n```\n## Example\n\n```yaml\n---\n- yes # so\n```\n\n## Licence\n```yaml\n- no\n```\n"
    )
    assert extract(readme) == "---\n- yes # so\n"
