# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which provider promises what. A provider is added by its table, in a file of its own, and one line here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from . import network_basic
from .promise import Promise, Table

#: layer -> provider, as the model calls it -> what it promises
PROVIDERS: dict[str, dict[str, Table]] = {"network": {"basic": network_basic.PROMISES}}


def keeps(layer: str, provider: str, promise: Promise) -> bool:
    """Whether the provider makes the promise; one that is not in the table makes none."""
    return promise in PROVIDERS.get(layer, {}).get(provider, {})


def others(layer: str, provider: str, promise: Promise) -> list[str]:
    """Providers of the layer, other than the chosen one, that make the promise."""
    return [name for name, table in sorted(PROVIDERS.get(layer, {}).items()) if name != provider and promise in table]


def not_promised(layers: Mapping[str, str | None]) -> Iterator[tuple[str, Promise, str]]:
    """(layer, promise, reason) for every promise that the chosen provider of a layer does not make.

    :param layers: layer -> its provider. Of a provider without a table, such as one that users bring, nothing is known.
    """
    for layer, provider in layers.items():
        if provider is None or provider not in PROVIDERS.get(layer, {}):
            continue
        for promise in Promise:
            if not keeps(layer, provider, promise):
                alternatives = others(layer, provider, promise)
                way = f"{', '.join(alternatives)} does" if alternatives else "no provider of this release does"
                yield layer, promise, f"the {layer} provider {provider} does not promise it; {way}"


def page() -> str:
    """The reference page in Markdown: a table of promises by provider, and the source of each."""
    lines = [
        "<!-- Generated from plugins/module_utils/promises by tools/model_docs.py; changes made here are lost. -->",
        "# Promises of providers",
        "",
        "What the providers of a layer promise. A proof is owed for what is promised; the report shows what the chosen",
        "provider does not promise as such, and never as proved.",
        "",
    ]
    for layer, tables in PROVIDERS.items():
        names = sorted(tables)
        lines += [f"## {layer.capitalize()}", "", f"| promise | {' | '.join(f'`{name}`' for name in names)} |"]
        lines += ["|---|" + "---|" * len(names)]
        for promise in Promise:
            cells = [f"since {tables[name][promise].since}" if promise in tables[name] else "no" for name in names]
            lines.append(f"| {promise} | {' | '.join(cells)} |")
        for name in names:
            lines += ["", f"Sources of `{name}`:", ""]
            lines += [f"- {promise}: {kept.source}" for promise, kept in tables[name].items()]
        lines.append("")
    return "\n".join(lines)
