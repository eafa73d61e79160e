# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle that later tiers look into and serve: made from source, cold or warm; then there is nothing left to do."""

from __future__ import annotations

import json
import re

from checks.commands import ROOT, command

WARM = 20.0  # seconds that a run may take which finds everything made, on two cores


def test_bundle_is_made() -> None:
    command("bundle", "ansible-playbook", "playbooks/bundle.yml", minutes=30)


def test_a_made_bundle_is_left_alone() -> None:
    text = command("bundle-warm", "ansible-playbook", "playbooks/bundle.yml", minutes=5)
    assert re.search(r"changed=0 .*failed=0", text), text[-2000:]
    assert json.loads((ROOT / "build/timings.json").read_text())["seconds"] < WARM
