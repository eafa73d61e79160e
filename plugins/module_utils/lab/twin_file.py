# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a twin: `cloud.yml`, which is its inventory, `run`, which enters the lab, and `notes`."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import Any

import yaml

from ..model import documents, inherit
from ..model.load import load_documents
from ..model.scalars import Sealed
from .accelerator import of_lab
from .keys import materials
from .names import DIGESTS, Places, places
from .shell import LabError, write
from .twin import require_bmcs, twin

_HEADER = "# The twin of {source}, written by the virtual rack; changes are lost. What it can't reproduce:\n"
_RUN = """\
#!/bin/sh
# Runs a command where the controller of the virtual rack {name} is: {directory}/run ansible-playbook …
exec ip netns exec {ctl} env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY GROUNDUP_LAB={name} "$@"
"""


class _Dumper(yaml.SafeDumper):
    """Writes YAML without anchors; encrypted values stay encrypted."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(Sealed, lambda dumper, value: dumper.represent_scalar("!vault", str(value), style="|"))


@dataclass(frozen=True)
class TwinFiles:
    """A written twin: its directory, whether its files changed, the model, the notes of `twin.twin`, and the
    accelerator, `kvm` or `tcg`."""

    directory: str
    changed: bool
    model: dict[str, Any]
    notes: tuple[str, ...]
    accelerator: str


def write_twin(source: str, parent: str, name: str | None, accelerator: str = "") -> tuple[TwinFiles, Places]:
    """Derive the twin of the model at `source` and write it to `parent/NAME`.

    :param source: a model file or directory.
    :param name: the lab's name, by default that of the cloud.
    :param accelerator: one of `accelerator.CHOICES`, by default that of the model, else `auto`.
    :raises LabError: if the state directory belongs to a cloud that is not a lab, or a machine has no `bmc`.
    :raises ModelError: with every error of the model.
    """
    docs = documents.read(source)
    load_documents(docs)
    cloud, _problems = documents.combine(docs)
    require_bmcs(cloud)
    where = places(name or str(cloud["name"]))
    claim(where)
    machines = inherit.sections(cloud, inherit.of_valid(cloud)).get("machines", {})
    every = {key: _address(key, machine) for key, machine in machines.items()}
    addresses = {key: address for key, address in every.items() if address}
    chosen = of_lab(where.lab, accelerator or str((cloud.get("lab") or {}).get("accelerator") or "auto"))
    model, notes = twin(cloud, materials(where, addresses), chosen)
    directory = os.path.join(os.path.abspath(parent), where.name)
    header = _HEADER.format(source=os.path.basename(source)) + "".join(f"#   {note}\n" for note in notes)
    text = yaml.dump(model, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    changed = write(f"{directory}/cloud.yml", header + text)
    changed |= write(f"{directory}/run", _RUN.format(name=where.name, ctl=where.ctl, directory=directory), 0o700)
    digests = os.path.join(source if os.path.isdir(source) else os.path.dirname(source), DIGESTS)
    if os.path.isfile(digests):
        with open(digests, encoding="utf-8") as file:
            changed |= write(f"{directory}/{DIGESTS}", file.read())
    return TwinFiles(directory, changed, model, tuple(notes), chosen), where


def lab_name(name: str | None, source: str | None) -> str:
    """The name of a lab: the given one, else that of the cloud whose model is at `source`."""
    if name:
        return name
    cloud, _problems = documents.combine(documents.read(str(source)))
    return str(cloud["name"])


def claim(where: Places) -> None:
    """Mark the state directory as a lab's; raises LabError if it contains the state of a real cloud."""
    if os.path.isdir(where.state) and os.listdir(where.state) and not os.path.isdir(where.lab):
        raise LabError(
            f"{where.state} holds the state of a cloud called {where.name} that is not a virtual rack; "
            f"give the lab another name (virtual_rack.name)"
        )
    os.makedirs(where.lab, mode=0o700, exist_ok=True)


def _address(name: str, machine: dict[str, Any]) -> str:
    address = str((machine.get("bmc") or {}).get("address", ""))
    try:
        return str(ipaddress.ip_address(address)) if address else ""
    except ValueError:
        raise LabError(
            f"machines.{name}.bmc.address: {address} is not an IP address, and nothing resolves names in a virtual "
            "rack; give an address to have a twin of this model"
        ) from None
