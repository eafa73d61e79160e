# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: cloud
short_description: The inventory of a private cloud, derived from its model
version_added: 0.1.0
author: groundup.cloud founders (@groundup-cloud)
description:
  - Reads the model of a cloud, checks it, and derives hosts, groups and the input of every role from it.
  - A model is one file named C(cloud.yml) or C(NAME.cloud.yml), or a directory of such files, which are joined. One of
    them has the key C(name).
  - An inventory has one model. Two of them, a part of one alone, or a model in a file with another name are errors that
    name the files and end the command.
  - All errors of a model are reported at once, with place, value and remedy, and end the command.
  - The keys of a model are described in C(docs/reference/model.md).
options:
  plugin:
    description: Marks the file as a model.
    type: str
    required: true
    choices: [groundup.cloud.cloud]
extends_documentation_fragment:
  - ansible.builtin.constructed
notes:
  - Values may be templates. They are evaluated when the inventory is read, with extra variables and the variables of
    C(group_vars/all) beside the model.
  - Passwords are evaluated later, where they are used, so they may come from any vault.
"""

EXAMPLES = r"""
plugin: groundup.cloud.cloud
name: rack1
networks:
  provision: {vlan: 10, subnet: 10.10.0.0/24, native: true}
  cluster: {vlan: 30, subnet: 10.30.0.0/24}
switches:
  leaf1: {platform: unmanaged, address: 10.10.0.2}
machines:
  node1:
    roles: [control_plane, compute]
    bmc: {address: 10.20.0.101, password: "{{ vault_bmc }}"}
    nics:
      nic0: {mac: "52:54:00:00:01:01", port: leaf1/Ethernet1}
    root_disk: {serial: SN-ROOT-1}
kubernetes: {endpoint: 10.30.0.10}
"""

import os
import sys
import typing as t
from pathlib import Path

from ansible import context
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.parsing.vault import EncryptedString
from ansible.plugins.inventory import BaseInventoryPlugin, Constructable
from ansible.plugins.loader import vars_loader
from ansible_collections.groundup.cloud.plugins.module_utils.homes import state_home
from ansible_collections.groundup.cloud.plugins.module_utils.model import documents, inventories
from ansible_collections.groundup.cloud.plugins.module_utils.model.problems import ModelError, Problem
from ansible_collections.groundup.cloud.plugins.module_utils.model.values import Evaluation, EvaluationError
from ansible_collections.groundup.cloud.plugins.plugin_utils.values import Trusted, collector_paused

if t.TYPE_CHECKING:
    from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import Derived

# Ansible loads every plugin that `enable_plugins` names before it looks at an inventory, so also for commands without a
# model. What only a model needs is imported where it is used.

# Ansible's exit status for an inventory it can't parse. Its status for parser errors (4) also means unreachable hosts.
EXIT_STATUS = 1


class InventoryModule(BaseInventoryPlugin, Constructable):
    """Fills an inventory from the model of a cloud."""

    NAME = "groundup.cloud.cloud"

    def verify_file(self, path: str) -> bool:
        """Whether the file is named as a model. A model with another name, and a path of nothing, end the command."""
        readable = super().verify_file(path)
        problem = inventories.misnamed(path) if readable else inventories.absent(path)
        if problem:
            self._exit_with(ModelError([problem]))
        if not readable:
            return False
        return documents.is_model_name(Path(path).name)

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Read the model whose main file is `path`, and fill the inventory from it."""
        super().parse(inventory, loader, path, cache)
        self._read: dict[Path, t.Any] = {}
        with collector_paused():
            self._parse(path)

    def _parse(self, path: str) -> None:
        try:
            data = self._data(Path(path))
            if not documents.is_model(data):
                raise AnsibleParserError(f"{path} is not a model of a cloud: it does not contain plugin: {self.NAME}")
            files = documents.model_of(path, self._data)
            if not files:
                self._require_head(Path(path))
            elif not self._is_filled_from(files[0]):
                derived = self._derive(files)
                # A part of a split model may have options too. Conflicts have been reported with all other errors.
                parts = [documents.Document(file.name, self._data(file), "") for file in files]
                self._options_of(documents.combine(parts)[0])
                self._fill(*derived, files[0].parent)
        except ModelError as error:
            self._exit_with(error)

    def _require_head(self, part: Path) -> None:
        """Raise ModelError if Ansible does not read the file that has the name of the model, and with it this part."""
        head = next(file for file in documents.files_of(part.parent) if "name" in self._data(file))
        problem = inventories.alone(part, head, context.CLIARGS.get("inventory") or ())
        if problem:
            raise ModelError([problem])

    def _is_filled_from(self, file: Path) -> bool:
        """Whether the inventory has this model already; raises ModelError if it has another one."""
        if "groundup_cloud" not in self.inventory.groups["all"].vars:
            return False
        from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import PROVISIONER

        host = self.inventory.get_host(PROVISIONER)
        first = str(host.vars["inventory_file"]) if host else "another inventory"
        if os.path.realpath(first) != os.path.realpath(file):
            raise ModelError([inventories.second(first, str(file))])
        return True

    def _exit_with(self, error: ModelError) -> t.NoReturn:
        """Print the errors once and end the command.

        After an exception Ansible would try its other plugins on the file, print the errors once for each of them and
        twice for this one, and then, unless `any_unparsed_is_failed` is set, continue without hosts and report success.
        """
        self._warn(error.warnings)
        self.display.error(str(error))
        raise SystemExit(EXIT_STATUS)

    def _derive(self, files: list[Path]) -> tuple[Derived, list[Problem]]:
        from ansible_collections.groundup.cloud.plugins.module_utils.model.derive import derive
        from ansible_collections.groundup.cloud.plugins.module_utils.model.load import load_documents

        self.templar.available_variables = self._variables(files[0])
        evaluation = Evaluation(self._evaluate, lambda value: isinstance(value, EncryptedString), self._decrypt)
        docs = [self._document(file, evaluation) for file in files]
        encrypted = all(file.read_bytes().startswith(inventories.VAULT_HEADER) for file in files)
        missing = [problem for file in files for problem in documents.lacks_plugin(self._data(file), file.name)]
        loaded = load_documents(docs, [*missing, *evaluation.problems], encrypted=encrypted)
        return derive(loaded.cloud, state_home()), list(loaded.warnings)

    def _document(self, file: Path, evaluation: Evaluation) -> documents.Document:
        data = evaluation.walk(self._data(file))
        return documents.Document(file.name, data, str(self.loader.get_text_file_contents(str(file))))

    def _data(self, file: Path) -> t.Any:
        """The values of a file; raises ModelError with the line if Ansible can't read it."""
        if file not in self._read:
            try:
                # Read once, without the loader's cache: its copy of a large model takes longer than all checks.
                values = self.loader.load_from_file(str(file), cache="none", unsafe=True, trusted_as_template=True)
            except AnsibleError as error:
                remedy = inventories.GIVE_PASSWORD
                if not file.read_bytes().startswith(inventories.VAULT_HEADER):
                    documents.read(file)
                    remedy = "correct the file"
                reason = " ".join(str(error).split()).rstrip(".")
                raise ModelError([Problem(file.name, "", f"can't be read: {reason}", remedy)]) from error
            self._read[file] = values
        return self._read[file]

    def _options_of(self, data: t.Any) -> None:
        """Set the options of constructed inventories from the file."""
        if isinstance(data, t.Mapping):
            try:
                self.set_options(direct=data, var_options=self._vars)
            except AnsibleError as error:
                reason = " ".join(str(error).split())
                problem = Problem("model", "", f"has an invalid option: {reason}", "correct that key")
                raise ModelError([problem]) from error

    def _variables(self, file: Path) -> dict[str, t.Any]:
        """Variables for templates: group_vars/all beside the model, overridden by extra variables."""
        return {**self._beside(file.parent, "all"), **(self._vars or {})}

    def _beside(self, directory: Path, group: str) -> dict[str, t.Any]:
        """The variables of a group in files beside the model; raises ModelError if Ansible can't read them."""
        plugin = vars_loader.get("ansible.builtin.host_group_vars")
        try:
            found: dict[str, t.Any] = plugin.get_vars(self.loader, str(directory), [self.inventory.groups[group]])
        except AnsibleError as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise ModelError([inventories.unread(directory, group, reason)]) from error
        return found

    def _evaluate(self, text: str) -> t.Any:
        try:
            return self.templar.template(text)
        except AnsibleError as error:
            raise EvaluationError(" ".join(str(error).split()).rstrip(".")) from error

    def _decrypt(self, value: t.Any) -> str:
        try:
            return str(value)
        except AnsibleError as error:
            raise EvaluationError(" ".join(str(error).split()).rstrip(".")) from error

    def _warn(self, warnings: t.Iterable[Problem]) -> None:
        for warning in warnings:
            self.display.warning(str(warning))

    def _overridden(self, derived: Derived, directory: Path) -> t.Iterator[Problem]:
        """Warn of variables of groups, beside the model, that each host has from the model: Ansible ignores them."""
        own = {key for variables in derived.hostvars.values() for key in variables}
        for name in ("all", *derived.groups):
            yield from inventories.overridden(name, own & set(self._beside(directory, name)))

    def _fill(self, derived: Derived, warnings: list[Problem], directory: Path) -> None:
        trusted = Trusted()
        for group, hosts in derived.groups.items():
            self.inventory.add_group(group)
            for host in hosts:
                self.inventory.add_host(host, group=group)
        warnings = [*warnings, *self._overridden(derived, directory)]
        self._warn(warnings)
        for key, value in derived.all_vars.items():
            self.inventory.set_variable("all", key, trusted(value))
        for group, variables in derived.group_vars.items():
            for key, value in variables.items():
                self.inventory.set_variable(group, key, trusted(value))
        self.inventory.set_variable("all", "groundup_cloud_warnings", [trusted(str(item)) for item in warnings])
        for name, variables in derived.hostvars.items():
            host = self.inventory.get_host(name)
            if variables.get("ansible_connection") == "local":
                host.set_variable("ansible_python_interpreter", trusted(sys.executable))
            # Not by the inventory's set_variable: it copies every value again and marks every string with the file that
            # it came from, which takes longer than everything else.
            for key, value in variables.items():
                host.set_variable(key, trusted(value))
        if any(self.get_option(option) for option in ("compose", "groups", "keyed_groups")):
            for name in derived.hostvars:
                self._construct(name)

    def _construct(self, host: str) -> None:
        strict = self.get_option("strict")
        variables = self.inventory.get_host(host).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)
