# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures are whole documents and show the cable and the address."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree


def test_the_cable_is_drawn(host: Any) -> None:
    text = host.file("/var/tmp/drawing/racks.svg").content_string
    ElementTree.fromstring(text)
    assert "node1 nic0 to leaf1/Ethernet1" in text


def test_the_address_is_drawn(host: Any) -> None:
    text = host.file("/var/tmp/drawing/networks.svg").content_string
    ElementTree.fromstring(text)
    assert "10.30.0.21" in text
