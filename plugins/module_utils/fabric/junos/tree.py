# SPDX-License-Identifier: GPL-3.0-or-later
"""Junos' configuration as a tree of XML elements: how it is read, and the change that is sent.

A path is a sequence of tags; ``("interface", "ae3")`` is the list entry with that name. A change marks what it removes
with ``delete="delete"`` (Juniper, Junos XML Management Protocol Developer Guide, "Delete Elements"), so everything that
it does not name stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

Part = str | tuple[str, str]
Path = tuple[Part, ...]


def tree(text: str) -> ET.Element:
    """Parse an answer. Namespaces differ from release to release (they hold its number) and are therefore removed."""
    root = ET.fromstring(text)
    for node in root.iter():
        node.tag = node.tag.rpartition("}")[2]
        node.attrib = {key.rpartition("}")[2]: value for key, value in node.attrib.items()}
        for child in [item for item in node if item.get("inactive")]:
            node.remove(child)
    return root


def text(node: ET.Element | None, tag: str = "") -> str:
    """The text of an element or of its child, without the line breaks that Junos puts around some values."""
    found = node.find(tag) if node is not None and tag else node
    return (found.text or "").strip() if found is not None else ""


def find(root: ET.Element | None, path: Path) -> ET.Element | None:
    """The element at a path, or None."""
    node = root
    for part in path:
        if node is None:
            return None
        tag, name = (part, "") if isinstance(part, str) else part
        node = next((child for child in node.findall(tag) if not name or text(child, "name") == name), None)
    return node


def entries(root: ET.Element | None, path: Path) -> Iterator[ET.Element]:
    """The list entries at a path, whose last part is their tag."""
    above = find(root, path[:-1])
    last = path[-1]
    return iter(above.findall(last) if above is not None and isinstance(last, str) else [])


class Edit:
    """A change of the configuration `have`: the element that ``load-configuration`` merges.

    :ivar root: the ``configuration`` element.
    """

    def __init__(self, have: ET.Element) -> None:
        self.have = have
        self.root = ET.Element("configuration")

    def node(self, path: Path) -> ET.Element:
        """The element at a path of the change, created if it is missing."""
        node = self.root
        for number in range(len(path)):
            found = find(self.root, path[: number + 1])
            node = found if found is not None else _child(node, path[number])
        return node

    def set(self, path: Path, value: str = "") -> None:
        """Set the value of a leaf."""
        self.node(path).text = value or None

    def delete(self, path: Path) -> None:
        """Remove what is at a path, if the present configuration has it: Junos refuses to remove what is missing."""
        if find(self.have, path) is not None:
            self.node(path).set("delete", "delete")

    def leaf(self, path: Path, value: str) -> None:
        """Set a leaf, or remove it if the value is empty."""
        if value:
            self.set(path, value)
        else:
            self.delete(path)

    def flag(self, path: Path, wanted: bool) -> None:
        """Set or remove a statement without a value."""
        if wanted:
            self.node(path)
        else:
            self.delete(path)

    def values(self, path: Path, wanted: list[str]) -> None:
        """Make the values of a leaf-list these; values that it has already are not sent."""
        present = [text(node) for node in entries(self.have, path)]
        above, tag = self.node(path[:-1]), str(path[-1])
        for value in present:
            if value not in wanted:
                ET.SubElement(above, tag, {"delete": "delete"}).text = value
        for value in wanted:
            if value not in present:
                ET.SubElement(above, tag).text = value


def _child(node: ET.Element, part: Part) -> ET.Element:
    tag, name = (part, "") if isinstance(part, str) else part
    child = ET.SubElement(node, tag)
    if name:
        ET.SubElement(child, "name").text = name
    return child
