# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the playbook of every role's README.md, as its readers copy it, to a file.

    readme_example.py DIRECTORY    DIRECTORY/ROLE.yml for every role

Molecule converges with these files, so that the text of a README is what is tested.
"""

from __future__ import annotations

import pathlib
import re
import sys

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"


def example(readme: str) -> str:
    """The only YAML block of the section `## Example`; ValueError if there is another number of them."""
    sections = re.findall(r"^## Example\n(.*?)(?=^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    blocks = re.findall(r"^```yaml\n(.*?)^```$", "".join(sections), re.DOTALL | re.MULTILINE)
    if len(sections) != 1 or len(blocks) != 1:
        raise ValueError(f"one section `## Example` with one YAML block, not {len(sections)} with {len(blocks)}")
    return str(blocks[0])


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for readme in sorted(ROLES.glob("*/README.md")):
        try:
            text = example(readme.read_text())
        except ValueError as error:
            sys.exit(f"readme_example.py: {readme}: {error}")
        (directory / f"{readme.parent.name}.yml").write_text(text)


if __name__ == "__main__":
    main()
