# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says that it needs is what it uses, and its archive holds what users need and nothing else."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t

import pytest
import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.provision import build, provisioner

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.executable).parent
PAGE = ROOT / "docs/requirements.md"
#: Packages of module_utils that run on the controller, or on the provisioner in its place, on behalf of other hosts.
ON_THE_CONTROLLER = ("bmc", "draw", "fabric", "machines", "model", "network", "report", "web")
#: A program that is everywhere, commands of switches, and names of packages, with which other lists begin.
NO_PROGRAMS = {"sh", "enable", "shutdown", "sudo", "switchport"} | {
    path.name for path in (ROOT / "plugins/module_utils").iterdir()
}
#: Program -> its packages in Debian and in distributions with rpm.
PACKAGES = {
    "ipmitool": {"ipmitool"},
    "ovs-appctl": {"openvswitch-switch", "openvswitch"},
    "ovs-vsctl": {"openvswitch-switch", "openvswitch"},
    "ovsdb-client": {"openvswitch-switch", "openvswitch"},
    "ping": {"iputils-ping", "iputils"},
    "ssh": {"openssh-client", "openssh-clients"},
}


def sources() -> list[pathlib.Path]:
    return sorted((ROOT / "plugins").rglob("*.py"))


def lines(path: str) -> list[str]:
    """The lines of a list of requirements without comments."""
    found = (line.partition("#")[0].strip() for line in (ROOT / path).read_text().splitlines())
    return [line for line in found if line]


def name_of(line: str) -> str:
    """The name in a requirement, spelled as the package index compares names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[@]", line, maxsplit=1)[0]).lower()


def imported(tree: ast.AST) -> set[str]:
    """The top-level packages that a file imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module)
    return {name.partition(".")[0] for name in found}


def third_parties(trees: t.Iterable[ast.AST]) -> set[str]:
    """Distributions that are imported, beyond Python, Ansible and what ansible-core brings."""
    brought = {name_of(line) for line in importlib.metadata.requires("ansible-core") or []} | {"ansible-core"}
    owners = importlib.metadata.packages_distributions()
    names = set().union(*map(imported, trees)) - set(sys.stdlib_module_names) - {"ansible_collections"}
    # Files of the provisioner run beside each other there.
    names -= {path.stem for path in (ROOT / "plugins/module_utils/provision").rglob("*.py")}
    return {name_of(owner) for name in names for owner in owners.get(name, [name])} - brought


def programs(tree: ast.AST) -> set[str]:
    """Programs that a file calls: the first words of command lines, and what is searched for in PATH."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("which") and node.args:
            found |= {word.value for word in node.args if isinstance(word, ast.Constant)}
        if isinstance(node, ast.List) and len(node.elts) > 1 and isinstance(node.elts[0], ast.Constant):
            rest = [word.value if isinstance(word, ast.Constant) else "-" for word in node.elts[1:]]
            if any(str(word).startswith("-") for word in rest):
                found.add(node.elts[0].value)
    return {word for word in found if isinstance(word, str) and re.fullmatch("[a-z][a-z0-9-]+", word)}


def test_the_python_packages_of_execution_environments_are_those_that_plugins_import() -> None:
    assert {name_of(line) for line in lines("meta/ee-requirements.txt")} == third_parties(
        ast.parse(path.read_text()) for path in sources()
    )


def test_a_controller_gets_the_same_python_packages() -> None:
    wanted = {name_of(line) for line in lines("meta/ee-requirements.txt")} | {"ansible-core", "pyyaml"}
    assert {name_of(line) for line in lines("requirements/controller.txt")} == wanted


def test_packages_of_execution_environments_are_those_whose_programs_are_called() -> None:
    paths = [path for name in ON_THE_CONTROLLER for path in (ROOT / "plugins/module_utils" / name).rglob("*.py")]
    called = set().union(*(programs(ast.parse(path.read_text())) for path in paths)) - NO_PROGRAMS
    assert called == set(PACKAGES), "correct this table, meta/ee-bindep.txt and docs/requirements.md"
    listed = {line.split()[0] for line in lines("meta/ee-bindep.txt")}
    assert listed == set().union(*PACKAGES.values())


@pytest.mark.parametrize(
    ("text", "imports", "calls"),
    [
        ("import netaddr.core\nfrom yaml import x\nfrom .near import y\nimport json", {"netaddr"}, set()),
        ("try:\n    import jmespath\nexcept ImportError:\n    pass", {"jmespath"}, set()),
        ("shutil.which('arping')\nrun(['curl', '-s', url])\nx = ['redfish', 'ipmi']", set(), {"arping", "curl"}),
        ("command = ['skopeo', *words]", set(), {"skopeo"}),
    ],
)
def test_imports_and_calls_are_found(text: str, imports: set[str], calls: set[str]) -> None:
    assert third_parties([ast.parse(text)]) == imports
    assert programs(ast.parse(text)) == calls


def section(title: str) -> str:
    """A section of the page, by its heading."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"{PAGE.name} has no section {title!r}"
    return found.group(1)


def quoted(title: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", section(title)))


def test_the_page_names_what_a_controller_needs() -> None:
    packages = {line.split()[0] for line in lines("meta/ee-bindep.txt")}
    assert packages <= quoted("The controller")
    assert {name_of(line) for line in lines("requirements/controller.txt")} <= {
        name.lower() for name in quoted("The controller")
    }


def test_the_page_names_what_the_provisioner_installs_or_asks_for() -> None:
    needed = {*provisioner.PROGRAMS.values(), "ipxe", *build.NEEDS.values(), *build._NEEDS_FILES.values()}
    assert needed <= quoted("The provisioner")


def test_the_page_names_what_the_role_bundle_installs() -> None:
    tasks = [task for path in ROOT.glob("roles/bundle/tasks/*.yml") for task in yaml.safe_load(path.read_text())]
    asked = [task["ansible.builtin.apt"]["name"] for task in tasks if "ansible.builtin.apt" in task]
    assert len(asked) > 2
    assert {name for names in asked for name in ([names] if isinstance(names, str) else names)} <= quoted("The bundle")


def test_the_page_refers_to_the_lists_for_the_rest() -> None:
    for title, path in {"The virtual rack": "lab", "Tests": "test"}.items():
        assert {f"requirements/apt-{path}.txt", f"requirements/{path}.txt"} <= quoted(title)
        assert (ROOT / f"requirements/apt-{path}.txt").exists()


def test_nothing_is_claimed_that_is_not_used() -> None:
    """Neither files for users nor lists of requirements name a Python package that no file imports."""
    trees = [ast.parse(path.read_text()) for path in (*sources(), *ROOT.glob("t*/**/*.py"))]
    used = set().union(*map(imported, trees))
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("requirements/*.txt"), *ROOT.glob("meta/ee-*")]
    named = "\n".join(path.read_text() for path in files)
    unused = {name for name in ("cryptography", "jmespath", "netaddr") if name not in used}
    assert not [name for name in unused if re.search(rf"\b{name}\b", named)]


#: Files that a checkout may have besides those of git. None of them is for others.
LEFT_BEHIND = (
    ".vault_pass", ".vault_pass.txt", "vault_password", "inventories/example/.vault_pass", ".env",
    ".idea/workspace.xml", ".venv/pyvenv.cfg", ".cache/x", ".mypy_cache/x", "plugins/.ruff_cache/x",
    ".pytest_cache/x", "build/report/report.html", "plugins/modules/__pycache__/bundle.cpython-311.pyc",
    "groundup-cloud-0.0.9.tar.gz", "playbooks/site.retry", "README.md~", "docs/.lock.md.swp", "collections/x",
    "dist/x", "tls.key",
)  # fmt: skip


class Archive(t.NamedTuple):
    """The collection, built and installed as users do it."""

    names: set[str]
    installed: pathlib.Path


def test_the_sample_configuration_has_only_settings_that_ansible_knows(tmp_path: pathlib.Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    config = {"ANSIBLE_CONFIG": str(ROOT / "docs/examples/ansible.cfg"), "HOME": str(tmp_path)}
    validate = [str(BIN / "ansible-config"), "validate", "-t", "all"]
    done = subprocess.run(validate, cwd=tmp_path, env=own | config, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    home = tmp_path_factory.mktemp("archive")
    source = home / "source"
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]  # fmt: skip
    for name in listed:
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
    for name in LEFT_BEHIND:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("not for others\n")
    galaxy = str(BIN / "ansible-galaxy")
    made = home / "made"
    # Without the configuration of the checkout, in which the collection counts as installed.
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")} | {"HOME": str(home)}
    subprocess.run(
        [galaxy, "collection", "build", str(source), "--output-path", str(made)], check=True, env=own, cwd=home
    )
    install = [
        galaxy,
        "collection",
        "install",
        "--offline",
        "-p",
        str(home / "installed"),
        str(next(made.glob("*.gz"))),
    ]
    subprocess.run(install, check=True, env=own, cwd=home)
    with tarfile.open(next(made.glob("*.gz"))) as opened:
        return Archive({member.name for member in opened if member.isfile()}, home / "installed")


def test_an_archive_holds_nothing_that_was_left_behind(archive: Archive) -> None:
    assert not archive.names & set(LEFT_BEHIND)


def test_an_archive_holds_what_users_need(archive: Archive) -> None:
    assert {name.partition("/")[0] for name in archive.names} == {
        "CHANGELOG.md", "CHANGELOG.rst", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md",
        "SECURITY.md", "changelogs", "docs", "inventories", "meta", "playbooks", "plugins", "requirements", "roles",
    }  # fmt: skip


def test_an_archive_names_no_repository_that_does_not_exist() -> None:
    assert "example.com" not in (ROOT / "galaxy.yml").read_text()


def test_the_builder_of_execution_environments_finds_exactly_the_lists(archive: Archive) -> None:
    builder = shutil.which("ansible-builder", path=f"{BIN}:{os.environ['PATH']}")
    assert builder, "ansible-builder is missing; tools/setup test installs it"
    done = subprocess.run([builder, "introspect", str(archive.installed)], capture_output=True, text=True, check=True)
    found: dict[str, list[str]] = yaml.safe_load(done.stdout[done.stdout.index("---") :])
    shown = {kind: sorted(line.partition("#")[0].strip() for line in entries) for kind, entries in found.items()}
    assert shown == {"python": sorted(lines("meta/ee-requirements.txt")), "system": sorted(lines("meta/ee-bindep.txt"))}
