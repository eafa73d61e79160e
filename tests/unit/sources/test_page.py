# SPDX-License-Identifier: GPL-3.0-or-later
"""The page for people who come from NetBox: its options are taken, and what it shows is what they make."""

from __future__ import annotations

import pathlib
import re

import yaml
from ansible_collections.groundup.cloud.plugins.module_utils.sources import netbox
from ansible_collections.groundup.cloud.plugins.module_utils.sources.arguments import IMPORT, NETBOX
from services.netbox.netbox_double import NetBoxDouble
from services.netbox.netbox_racks import Site

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/coming_from_netbox.md").read_text()
YAML = [yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
PLAYBOOKS = {name: (ROOT / f"playbooks/{name}.yml").read_text() for name in ("netbox", "import")}


def test_the_options_make_what_is_shown() -> None:
    config = next(block["netbox_config"] for block in YAML if "netbox_config" in block)
    assert set(config) <= set(NETBOX)
    params = {**config, "dest": None, "url": "https://netbox.example.net", "token": "x"}
    shown = re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(shown) == 1 and shown[0] in netbox.run(params, True, NetBoxDouble(Site().tables))["text"]


def test_the_additions_are_additions() -> None:
    more = next(block for block in YAML if "machines" in block and "plugin" not in block)
    assert set(more) <= {"machines", "networks", "switches"}


def test_the_import_takes_options_of_its_module() -> None:
    config = next(block["import_config"] for block in YAML if "import_config" in block)
    assert set(config) <= set(IMPORT)
    assert all(set(bmc) <= set(IMPORT["bmcs"]["options"]) for bmc in config["bmcs"])


def test_playbooks_pass_every_option_of_their_modules() -> None:
    for name, spec in (("netbox", NETBOX), ("import", IMPORT)):
        passed = set(re.findall(r"^        (\w+): ", PLAYBOOKS[name], re.MULTILINE))
        assert set(spec) <= passed, f"playbooks/{name}.yml does not pass {sorted(set(spec) - passed)}"
