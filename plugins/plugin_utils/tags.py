# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags of a run and of its playbooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible import context
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.playbook.block import Block
from ansible.utils.collection_loader._collection_finder import _get_collection_playbook_path
from ansible.vars.manager import VariableManager

#: Tags that Ansible knows by itself.
OWN = {"all", "always", "never", "tagged", "untagged"}


def given(option: str) -> list[str]:
    """The tags that the user gave by `tags` or `skip_tags`, without Ansible's own."""
    return sorted(set(context.CLIARGS.get(option) or ()) - OWN)


def of_playbooks(loader: DataLoader, more: Iterable[str] = ()) -> set[str]:
    """The tags of the playbooks of this run and of `more`, as `ansible-playbook --list-tags` lists them."""
    found: set[str] = set()
    for name in {*(context.CLIARGS.get("args") or ()), *more}:
        resource = _get_collection_playbook_path(name)
        playbook = Playbook.load(resource[1] if resource else name, VariableManager(loader=loader), loader)
        for play in playbook.get_plays():
            found.update(play.tags, *(_of_block(block) for block in play.compile()))
    return found - OWN


def _of_block(block: Block) -> Iterator[str]:
    for item in (*block.block, *block.rescue, *block.always):
        yield from (_of_block(item) if isinstance(item, Block) else item.tags)
