# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures are whole documents and show the cable and the address."""

from __future__ import annotations

import os
import pathlib
from xml.etree import ElementTree

DRAWING = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "examples/drawing")


def test_the_cable_is_drawn() -> None:
    text = (DRAWING / "racks.svg").read_text()
    ElementTree.fromstring(text)
    assert "node1 nic0 to leaf1/Ethernet1" in text


def test_the_address_is_drawn() -> None:
    text = (DRAWING / "networks.svg").read_text()
    ElementTree.fromstring(text)
    assert "10.30.0.21" in text
