# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup model_hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: model_hosts
short_description: The hosts of a play, or an error where the inventory has no model or the play no hosts
version_added: 0.1.0
author: groundup.cloud founders (@groundup-cloud)
description:
  - Ansible reports success when an inventory can't be found or has no hosts, and when a limit leaves a play without
    hosts. This lookup is for C(hosts) of the first play of a playbook, where it makes each of these an error.
  - A name in the limit, or a tag, that nothing has is an error too, and so is a variable of the command line
    that nothing reads and that is nearly one of this collection. Of the tags to skip, those are that are nearly one.
  - It takes no task, and works with every limit, which a play on C(localhost) does not.
options:
  _terms:
    description: One pattern of hosts, as C(hosts) takes it. It is returned unchanged.
    required: true
  needed:
    description:
      - Whether there must be a model. Otherwise an inventory with other hosts will do, and so will none; one that was
        named and has no hosts is an error nevertheless.
    type: bool
    default: true
  tags_of:
    description:
      - Another playbook whose tags count too. C(plan.yml) chooses the layers that the tags of C(site.yml) name.
    type: str
    version_added: 0.2.0
notes:
  - With C(--syntax-check), C(--list-tasks) and C(--list-tags), which need no inventory, nothing is checked.
"""

EXAMPLES = r"""
- name: Draw the cloud
  hosts: "{{ lookup('groundup.cloud.model_hosts', target | default('provisioners')) }}"
  gather_facts: false
  roles: [groundup.cloud.drawing]
"""

RETURN = r"""
_raw:
  description: The pattern.
  type: list
  elements: str
"""

import typing as t

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.plugins.lookup import LookupBase
from ansible_collections.groundup.cloud.plugins.module_utils.model import inventories
from ansible_collections.groundup.cloud.plugins.plugin_utils import extra_variables, tags

#: Options of ansible-playbook with which no play is run.
WITHOUT_HOSTS = ("syntax", "listtasks", "listtags")
#: The group in which every model has a host.
GROUP = "provisioners"


class LookupModule(LookupBase):
    """Returns the pattern that it is given, or ends the playbook with a reason."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[str]:
        """The pattern; AnsibleLookupError where the play would have no hosts."""
        self.set_options(var_options=variables, direct=kwargs)
        pattern, known = str(terms[0]), variables or {}
        if not any(context.CLIARGS.get(option) for option in WITHOUT_HOSTS):
            self._check(pattern, known.get("groups") or {}, known)
            self._check_tags()
            problem = extra_variables.mistyped(self._loader)
            if problem:
                raise AnsibleLookupError(problem)
        return [pattern]

    def _check(self, pattern: str, groups: dict[str, t.Any], known: dict[str, t.Any]) -> None:
        given = [str(source) for source in known.get("ansible_inventory_sources") or []]
        empty = inventories.named(given) and not groups.get("all")
        if not groups.get(GROUP) and (empty or self.get_option("needed")):
            raise AnsibleLookupError(inventories.without_model(given))
        manager = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            manager.add_group(group)
            for host in hosts:
                manager.add_host(host, group=group)
        limit = known.get("ansible_limit")
        manager.subset(limit)
        names = [*groups, *groups.get("all", ())]
        unknown = inventories.unknown_names(split_host_pattern(limit or ""), names)
        if unknown:
            raise AnsibleLookupError(inventories.no_hosts("all", unknown[0], names))
        if not manager.get_hosts(pattern):
            raise AnsibleLookupError(inventories.no_hosts(pattern, limit, names))

    def _check_tags(self) -> None:
        chosen, skipped = tags.given("tags"), tags.given("skip_tags")
        if chosen or skipped:
            other = self.get_option("tags_of")
            known = tags.of_playbooks(self._loader, [other] if other else [])
            problem = inventories.unknown_tag(chosen, skipped, known)
            if problem:
                raise AnsibleLookupError(problem)
