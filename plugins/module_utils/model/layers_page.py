# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference page of the layers in Markdown, generated from the layers of a cloud and the table of providers."""

from __future__ import annotations

from .layout import Layout
from .networks import PROVIDERS
from .prove_view import Neighbours
from .stack import Layer, Stack
from .types import Cloud

HEAD = """\
<!-- Generated from plugins/module_utils/model by tools/model_docs.py; changes made here are lost. -->
# Layers

Each inventory host names its layers in the variable `groundup_layers`: a list of `name`, `role`, `input` (the variable
that holds the role's input) and `follows` (layers whose change on any machine makes this one run on all hosts that have
it). `groundup_needs` says by layer which artefacts the bundle must hold. The inventory plugin fills both from the
model; an inventory written by hand may do the same. `site.yml` probes all layers of a machine in one call and then runs
one play for each layer, in this order, on the hosts on which it has to run. `--tags NAME` runs one layer alone.

The layer below its operating system stands in `groundup_below` in the same form: `switch`, `provisioner` or `machine`.
A machine without a management controller has its operating system already, so it has none.

The layers of a machine in [the example](../../inventories/example/cloud.yml):

| layer | role | follows | needs of the bundle |
|---|---|---|---|
"""
PROVIDERS_HEAD = """
Providers of the layer `network`, which the model chooses with `network.provider`:

| provider | role | works on |
|---|---|---|
"""


def page(cloud: Cloud) -> str:
    """The page; the rows are those of the machines and the cluster of ``cloud``."""
    layout = Layout(cloud)
    stack = Stack(layout, Neighbours(layout))
    needs = stack.needs()
    rows = [_row(layer, needs.get(layer.name, [])) for layer in (*stack.machines, *stack.clusters)]
    providers = [
        f"| `{name}` | [`{provider.role}`](../../roles/{provider.role}) | "
        f"{'machines' if provider.of_machine else 'the Kubernetes API'} |\n"
        for name, provider in PROVIDERS.items()
    ]
    return HEAD + "".join(rows) + PROVIDERS_HEAD + "".join(providers)


def _row(layer: Layer, needs: list[str]) -> str:
    follows, named = (", ".join(f"`{item}`" for item in items) for items in (layer.follows, needs))
    return f"| `{layer.name}` | [`{layer.role}`](../../roles/{layer.role}) | {follows} | {named} |\n"
