# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference page of promises in Markdown: what each provider promises, since when, and by which source."""

from __future__ import annotations

from .catalog import ADDED_TO, PROVIDERS, TUNNELS
from .promise import WORDS, Kept, Table

HEAD = """\
<!-- Generated from plugins/module_utils/promises by tools/model_docs.py; changes made here are lost. -->
# Promises of providers

What the providers of a layer promise. A proof is owed for what is promised; the report shows what the chosen
provider does not promise as such, and never as proved.

A model says with `network.require` what its users build on, in the words of the first column. It is refused where the
chosen provider, with the chosen encapsulation, does not promise that. Which provider this release installs, and which
one you install yourself, is in [Layers](layers.md); which one to take, in [Which network](../which_network.md).

Storage keeps its promises for what the model stores: without `storage.file`, for instance, there is no file system. The
report shows that as not promised as well.

**since** names the product and version since which a promise holds, or the first one that was looked at.
"""
FOOT = """
## Encapsulation

How the providers of the network carry packets of pods between nodes, the usual way first; the model chooses with
`network.encapsulation`. What it takes of the MTU is in [MTU](mtu.md).

| provider | encapsulation | source |
|---|---|---|
"""


def page() -> str:
    """The page."""
    parts = [HEAD, *(_layer(layer, tables) for layer, tables in PROVIDERS.items()), FOOT.lstrip("\n")]
    ways = [
        f"| `{name}` | `{tunnel.encapsulation}` | {tunnel.source} |\n"
        for name, tunnels in TUNNELS.items()
        for tunnel in tunnels.values()
    ]
    return "\n".join(parts) + "".join(ways)


def _layer(layer: str, tables: dict[str, Table]) -> str:
    lines = [
        f"## {layer.replace('_', ' ').capitalize()}",
        "",
        f"| word | promise | {' | '.join(f'`{name}`' for name in tables)} |",
    ]
    lines += ["|---|---|" + "---|" * len(tables)]
    for promise in WORDS[ADDED_TO.get(layer, layer)]:
        cells = [_cell(table.get(promise)) for table in tables.values()]
        lines.append(f"| `{promise}` | {promise.text} | {' | '.join(cells)} |")
    for name, table in tables.items():
        lines += ["", f"Sources of `{name}`:", ""]
        lines += [f"- `{promise}`: {kept.source}" for promise, kept in table.items()]
    return "\n".join([*lines, ""])


def _cell(kept: Kept | None) -> str:
    if kept is None:
        return "no"
    return f"since {kept.since}, {kept.condition}" if kept.condition else f"since {kept.since}"
