# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a model from NetBox: its networks, switches and machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .file import FilePlan, given, numbers_of, read_additions, read_file
from .fragment import Fragment
from .netbox_cables import Cabling
from .netbox_client import NetBox
from .netbox_machines import Parts, machines
from .netbox_networks import networks
from .netbox_options import Options
from .netbox_places import Places
from .netbox_read import Lists, Site, read
from .netbox_switches import switches
from .text import rendered

#: What NetBox has no objects for, said once at the top of the file.
NEVER = (
    "NetBox has no passwords, certificates, host keys, boot settings, MTUs of networks, operating system images",
    "and nothing of Kubernetes: give them in your own file of this directory, and in its `defaults`.",
)


def build(
    site: Site, options: Options, numbers: Mapping[str, int] | None = None, firsts: Mapping[str, int] | None = None
) -> Fragment:
    """Make the part of the model.

    :param numbers: numbers that machines have already.
    :param firsts: the key `first` of networks for which a person gives another one.
    :raises SourceError: with all errors: names or VLANs that two objects have, unknown words.
    """
    fragment = Fragment()
    found = networks(site, options, fragment, firsts)
    parts = Parts(site, options, Cabling(site, fragment), found, Places(site), fragment)
    machines(parts, numbers or {})
    switches(parts)
    fragment.refuse_templates()
    fragment.finish()
    return fragment


def run(params: Mapping[str, Any], check: bool, netbox: Lists | None = None) -> dict[str, Any]:
    """The module netbox_model: read, make the part, compare it with the file, and write it.

    :param params: the module's options.
    :param check: whether nothing is written.
    :raises SourceError: what NetBox, an option or the file prevents.
    """
    options = Options.of(params)
    dest = params.get("dest")
    old = read_file(dest)
    additions = params.get("additions")
    more = read_additions(additions) if additions else None
    own = netbox or NetBox(params["url"], params["token"], params.get("tls"), params.get("timeout") or 60.0)
    try:
        site = read(own, options)
    finally:
        if isinstance(own, NetBox):
            own.close()
    numbers = {**numbers_of(old, dest), **given(more, "machines", "number")}
    fragment = build(site, options, numbers, given(more, "networks", "first"))
    fragment.add(more, str(additions))
    fragment.finish()
    source = f"NetBox, {params['url']}"
    plan = FilePlan.of(dest, old, rendered(fragment, NEVER), source, additions, bool(params.get("overwrite")))
    if not check:
        plan.act()
    return {
        **plan.result(),
        "model": fragment.model(),
        "warnings": list(fragment.warnings),
        "doubts": list(fragment.warnings),
    }
