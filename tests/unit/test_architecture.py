# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of this code base that a machine can check. Each failure names the file, the rule and what to do."""

from __future__ import annotations

import ast
import pathlib
import re
import sys
import typing as t

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = sorted(p for d in ("plugins", "tests", "tools", "molecule") for p in (ROOT / d).rglob("*.py"))
UTILS = sorted((ROOT / "plugins/module_utils").rglob("*.py"))
SHELLS = sorted(p for p in (ROOT / "plugins/modules").glob("*.py") if p.name != "__init__.py")
FILTERS = sorted((ROOT / "plugins/filter").glob("*.py"))
PLUGINS = sorted(p for p in (ROOT / "plugins").rglob("*.py") if p.name != "__init__.py")
TASKS = sorted(p for d in ("tasks", "handlers") for p in (ROOT / "roles").glob(f"*/{d}/**/*.yml"))
ROLES = sorted(p.parent.parent for p in (ROOT / "roles").glob("*/tasks/main.yml"))
PLAYS = sorted((ROOT / "playbooks").glob("*.yml"))

MAX_PYTHON_LINES = 300
MAX_TASK_LINES = 80
MAX_FUNCTION_LINES = 60
MAX_SHELL_STATEMENTS = 25


#: Packages of plugins/module_utils from the lowest floor upwards. A package imports itself and what is on lower floors.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"waiting", "plan", "specs", "promises", "download", "web"}),
    frozenset({"network", "conditions", "disks", "ceph"}),
    frozenset({"host", "fabric", "bmc", "bundle", "objects"}),
    frozenset({"links", "kube", "provision", "machines", "fencing", "vms"}),
    frozenset({"layers", "hosted", "cluster", "ha"}),
    frozenset({"model"}),
    frozenset({"lab", "draw", "sources"}),
    frozenset({"report"}),
    frozenset({"prove"}),
)
FLOOR = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}


def name(path: pathlib.Path) -> str:
    return str(path.relative_to(ROOT))


def files(paths: t.Iterable[pathlib.Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", list(paths), ids=name)


def load(path: pathlib.Path) -> t.Any:
    return yaml.safe_load(path.read_text())


def imports(path: pathlib.Path) -> list[tuple[int, str]]:
    """Every absolute import of a file: line and dotted name."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.lineno, node.module or ""))
    return found


def tasks_of(path: pathlib.Path) -> t.Iterator[dict[str, t.Any]]:
    """Every task of a task file or a playbook, inside blocks too."""
    todo = list(load(path) or [])
    while todo:
        item = todo.pop()
        if not isinstance(item, dict):
            continue
        yield item
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            todo += item.get(key) or []


@files(UTILS)
def test_the_library_does_not_know_ansible(path: pathlib.Path) -> None:
    bad = [f"line {line}: import of {what}" for line, what in imports(path) if what.split(".")[0] == "ansible"]
    assert not bad, f"{name(path)}: module_utils holds plain Python; move what needs Ansible into a shell: {bad}"


@files(UTILS)
def test_the_library_imports_itself_relatively(path: pathlib.Path) -> None:
    bad = [f"line {line}" for line, what in imports(path) if what.startswith("ansible_collections")]
    assert not bad, f"{name(path)}: use `from ..x import y`, so that only what is needed travels to a machine: {bad}"


def packages_imported(path: pathlib.Path) -> list[tuple[int, str]]:
    """Packages of module_utils that a file imports relatively, anywhere in it: line and name, its own left out."""
    own = path.relative_to(ROOT / "plugins/module_utils").parts[:-1]
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = own[: len(own) - node.level + 1]
            named = [node.module] if node.module else [alias.name for alias in node.names]
            found += [(node.lineno, (*base, *str(dotted).split("."))[0]) for dotted in named]
    return [(line, package) for line, package in found if own and package != own[0]]


@files(UTILS)
def test_imports_point_to_lower_floors(path: pathlib.Path) -> None:
    own = path.relative_to(ROOT / "plugins/module_utils").parts[0]
    if own.endswith(".py"):
        assert not packages_imported(path), f"{name(path)}: a module outside of a package imports no package"
        return
    assert own in FLOOR, f"{name(path)}: give the package {own} a floor in FLOORS of {name(pathlib.Path(__file__))}"
    bad = [
        f"line {line}: {package}"
        for line, package in packages_imported(path)
        if package in FLOOR and FLOOR[package] >= FLOOR[own]
    ]
    assert not bad, (
        f"{name(path)}: {own} may import lower floors only ({bad}); pass in what it needs, or move the code "
        "to the floor of its user"
    )


def test_an_import_of_an_upper_floor_is_found(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    file = tmp_path / "plugins/module_utils/host/inner/read.py"
    file.parent.mkdir(parents=True)
    file.write_text("from ...kube import api\nfrom ..plan import Plan\ndef f():\n    from ...layers.catalog import X\n")
    assert packages_imported(file) == [(1, "kube"), (4, "layers")]


def heavy(path: pathlib.Path) -> list[str]:
    """Modules of the library that a file imports at its top and that import others of the library, or YAML."""
    found = []
    for node in ast.parse(path.read_text()).body:
        parts = ((node.module or "").split(".") if isinstance(node, ast.ImportFrom) else [])[3:]
        named = [alias.name for alias in getattr(node, "names", ())]
        found += [what for what in named if what == "yaml"]
        if parts[:2] == ["plugins", "module_utils"]:
            files = [
                (ROOT / "/".join(parts)).with_suffix(".py"),
                *(ROOT / "/".join([*parts, f"{what}.py"]) for what in named),
            ]
            trees = [ast.parse(file.read_text()) for file in files if file.exists()]
            inner = [step for tree in trees for step in ast.walk(tree) if isinstance(step, ast.ImportFrom)]
            found += [".".join(parts[2:])] if not trees or any(step.level for step in inner) else []
    return found


@files(FILTERS)
def test_filters_are_loaded_without_what_they_do_not_use(path: pathlib.Path) -> None:
    """For one filter, Ansible loads and compiles the files of all, in the process of each task of each host."""
    assert not heavy(path), f"{name(path)}: import {heavy(path)} in the function that uses it"


def test_a_filter_that_imports_much_is_found(tmp_path: pathlib.Path) -> None:
    library = "from ansible_collections.groundup.cloud.plugins.module_utils"
    (tmp_path / "a.py").write_text(
        f"import yaml\n{library}.bundle.request import lock_id\n{library}.host import existing\n"
        f"{library}.report import plan\ndef f():\n    {library}.bundle.index import copied\n"
    )
    assert heavy(tmp_path / "a.py") == ["yaml", "bundle.request", "report"]


@files(PLUGINS)
def test_python_files_are_short(path: pathlib.Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_PYTHON_LINES, f"{name(path)} has {lines} lines; split it by vocabulary ({MAX_PYTHON_LINES})"


@files(PLUGINS)
def test_functions_are_short(path: pathlib.Path) -> None:
    bad = [
        f"{node.name} ({node.end_lineno - node.lineno + 1})"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert not bad, f"{name(path)}: functions of more than {MAX_FUNCTION_LINES} lines: {bad}"


def statements(tree: ast.Module) -> int:
    """Executable statements of a module shell: documentation, imports and the definition lines left out."""
    skipped = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    documentation = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
    total = 0
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or isinstance(node, skipped):
            continue
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in documentation
        ):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        total += 1
    return total


@files(SHELLS)
def test_modules_are_thin(path: pathlib.Path) -> None:
    found = statements(ast.parse(path.read_text()))
    assert found <= MAX_SHELL_STATEMENTS, f"{name(path)}: {found} statements; logic belongs in module_utils"


@files(SHELLS)
def test_modules_are_documented(path: pathlib.Path) -> None:
    text = path.read_text()
    missing = [word for word in ("DOCUMENTATION = ", "EXAMPLES = ", "RETURN = ") if word not in text]
    assert not missing, f"{name(path)}: no {missing}"
    assert "GNU General Public License v3.0+" in "\n".join(text.splitlines()[:20]), f"{name(path)}: no licence line"


@files(PYTHON)
def test_every_file_names_its_licence(path: pathlib.Path) -> None:
    head = "\n".join(path.read_text().splitlines()[:20])
    assert not head or "SPDX-License-Identifier: GPL-3.0-or-later" in head, f"{name(path)}: no SPDX line near the top"


@files(TASKS)
def test_task_files_are_short(path: pathlib.Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_TASK_LINES, f"{name(path)} has {lines} lines; split it by component ({MAX_TASK_LINES})"


@files([*TASKS, *PLAYS])
def test_nothing_is_swallowed(path: pathlib.Path) -> None:
    for task in tasks_of(path):
        where = f"{name(path)}: {task.get('name')}"
        assert "ignore_errors" not in task, f"{where}: decide what the error means instead of ignoring it"
        assert task.get("failed_when") not in (False, "false"), f"{where}: failed_when: false hides every error"
        chains = re.findall(r"default\([^()]*(?:\([^()]*\)[^()]*)*\)\s*\|\s*default", str(task))
        assert not chains, f"{where}: a chain of default(); absence is decided in the argument spec"


@files([*TASKS, *sorted((ROOT / "roles").glob("*/defaults/*.yml")), *sorted((ROOT / "roles").glob("*/vars/*.yml"))])
def test_roles_do_not_know_the_model(path: pathlib.Path) -> None:
    """A role's input is its own variables, which the inventory fills from the model and anybody else by hand."""
    found = re.findall(r"groundup_\w+|\bgroups\[[^\]]*\]|\bgroups\.\w+", path.read_text())
    assert not found, f"{name(path)}: {found}; pass what the role needs as a variable of its own"


@files([*TASKS, *PLAYS, *sorted((ROOT / "playbooks/tasks").glob("*.yml"))])
def test_whether_a_machine_is_deployed_stands_in_the_data(path: pathlib.Path) -> None:
    """The model knows which machines have a management controller; `groundup_below` names the layer `machine` there."""
    found = re.findall(r"machine_config\W+(?:is|default)\b.*", path.read_text())
    assert not found, f"{name(path)}: {found}; read groundup_below, or take it as a variable of the role"


@files(TASKS)
def test_no_role_knows_the_lab(path: pathlib.Path) -> None:
    conditions = [str(task.get("when", "")) for task in tasks_of(path)]
    bad = [when for when in conditions if re.search(r"\blab\b|\b\w+_lab\b", when)]
    assert not bad, f"{name(path)}: {bad}; what is special in a lab belongs in the model or the inventory"


def spec_of(role: pathlib.Path) -> dict[str, t.Any]:
    found = role / "meta/argument_specs.yml"
    assert found.exists(), f"{name(role)}: no meta/argument_specs.yml"
    specs: dict[str, t.Any] = load(found)["argument_specs"]
    return specs


@files(ROLES)
def test_roles_have_specs_equal_to_their_defaults(path: pathlib.Path) -> None:
    options = {key: value for spec in spec_of(path).values() for key, value in (spec.get("options") or {}).items()}
    optional = {key for key, value in options.items() if not value.get("required")}
    file = path / "defaults/main.yml"
    defaults = set(load(file) or {}) if file.exists() else set()
    assert defaults - set(options) == set(), f"{name(path)}: defaults that no spec names"
    assert optional - defaults == set(), f"{name(path)}: optional inputs without a default"


@files(ROLES)
def test_role_variables_carry_the_role_s_name(path: pathlib.Path) -> None:
    role = path.name
    options = {key for spec in spec_of(path).values() for key in spec.get("options") or {}}
    bad = [key for key in options if not key.startswith(f"{role}_")]
    assert not bad, f"{name(path)}: public variables begin with `{role}_`: {bad}"
    for file in path.glob("tasks/**/*.yml"):
        for task in tasks_of(file):
            made = [task["register"]] if "register" in task else []
            made += list(task.get("ansible.builtin.set_fact") or {})
            made += [task["loop_control"]["loop_var"]] if "loop_var" in (task.get("loop_control") or {}) else []
            wrong = [key for key in made if key != "cacheable" and not key.startswith((f"__{role}_", f"{role}_"))]
            assert not wrong, f"{name(file)}: internal variables begin with `__{role}_`: {wrong}"


@files(ROLES)
def test_roles_are_whole(path: pathlib.Path) -> None:
    wanted = ("meta/main.yml", "meta/argument_specs.yml", "README.md")
    missing = [file for file in wanted if not (path / file).exists()]
    assert not missing, f"{name(path)}: {missing} missing; `make readmes` writes README.md"
    scenario = ROOT / "molecule" / path.name
    assert (scenario / "molecule.yml").exists(), f"{name(path)}: no Molecule scenario in {name(scenario)}"


#: Family of modules -> options that every member takes, for which defaults of the group are meant.
FAMILIES = {
    "bmc": {"address", "username", "password", "tls"},
    "kubernetes": {"config"},
    # They reach the API from the controller, as kubernetes.core does; those of `kubernetes` run on machines.
    "kubernetes_objects": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key"},
    "node_fence": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key"},
    "node": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key"},
    "report": {"directory", "cloud"},
    "virtual_rack": {"rack"},
    "vm_example": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key"},
    "vm_images": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key"},
    "vm": {"kubeconfig", "context", "host", "api_key", "ca_cert", "client_cert", "client_key", "namespace", "timeout"},
}


def options_of(module: str) -> set[str]:
    """The options of a module, those of its documentation fragments included."""
    path = ROOT / f"plugins/modules/{module}.py"
    documentation = next(
        ast.literal_eval(node.value)
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION"
    )
    found = yaml.safe_load(documentation)
    names = set(found.get("options") or {})
    for fragment in found.get("extends_documentation_fragment") or []:
        if not fragment.startswith("groundup.cloud."):
            continue
        file, __, variable = fragment.removeprefix("groundup.cloud.").partition(".")
        text = (ROOT / f"plugins/doc_fragments/{file}.py").read_text()
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Assign)
                and getattr(node.targets[0], "id", "") == (variable or "documentation").upper()
            ):
                names |= set(yaml.safe_load(ast.literal_eval(node.value)).get("options") or {})
    return names


def family_of(module: str) -> str:
    """The family with the longest name with which the module's begins."""
    return max((name for name in FAMILIES if f"{module}_".startswith(f"{name}_")), key=len, default="")


def test_action_groups_are_families_whose_members_take_the_same_options() -> None:
    groups = load(ROOT / "meta/runtime.yml")["action_groups"]
    assert set(groups) == set(FAMILIES), "meta/runtime.yml: name the options of each group in FAMILIES"
    modules = [path.stem for path in SHELLS]
    for family, shared in FAMILIES.items():
        missing = [name for name in modules if family_of(name) == family and name not in groups[family]]
        assert not missing, f"meta/runtime.yml: action_groups.{family} lacks {missing}"
        lacking = {name: shared - options_of(name) for name in groups[family] if shared - options_of(name)}
        assert not lacking, f"meta/runtime.yml: members of {family} that do not take its options: {lacking}"


@files([path for path in PLUGINS if path.name != "shell.py"])
def test_modules_end_in_one_place(path: pathlib.Path) -> None:
    """module_utils/shell.py decides what a failure looks like; action plugins are no modules and have their own way."""
    called = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert not called & {"fail_json", "exit_json"}, f"{name(path)}: end the module by shell.run"


@files(SHELLS)
def test_modules_begin_in_one_place(path: pathlib.Path) -> None:
    """module_utils/shell.py hides what may be a secret in arguments that are refused."""
    called = {node.func.id for node in ast.walk(ast.parse(path.read_text())) if _is_call_of_a_name(node)}
    assert "begin" in called and "AnsibleModule" not in called, f"{name(path)}: begin the module by shell.begin"


def _is_call_of_a_name(node: ast.AST) -> t.TypeGuard[t.Any]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


@files(PLAYS)
def test_playbooks_are_named_by_a_verb_or_noun_without_numbers(path: pathlib.Path) -> None:
    assert re.fullmatch(r"[a-z_]+", path.stem), f"{name(path)}: a playbook's name is letters and underscores"
