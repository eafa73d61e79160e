# SPDX-License-Identifier: GPL-3.0-or-later
"""One licence: its text, what the metadata says, and one wording in the headers of all files."""

from __future__ import annotations

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = "GPL-3.0-or-later"
DIRECTORIES = ("docs", "molecule", "playbooks", "plugins", "roles", "tests", "tools")
ALLOWED = {
    f"SPDX-License-Identifier: {NAME}",
    # Ansible's own tests want this line in plugins.
    "GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)",
}
#: Lines of a header that are about licence or copyright.
NOTICE = re.compile(r"^\s*(?:#|//)\s*(.*(?:Copyright|General Public License|SPDX-License).*)$", re.MULTILINE)


def strange(text: str) -> list[str]:
    """Notices in the header of a file that are worded otherwise than in all others."""
    head = "\n".join(text.splitlines()[:12])
    return [line for line in NOTICE.findall(head) if line.strip() not in ALLOWED]


def test_headers_have_one_wording() -> None:
    files = [path for name in DIRECTORIES for path in (ROOT / name).rglob("*") if path.is_file()]
    texts = {path: path.read_text(errors="replace") for path in files if path.suffix not in (".pyc", ".md", ".svg")}
    found = {str(path.relative_to(ROOT)): strange(text) for path, text in texts.items()}
    assert not {path: lines for path, lines in found.items() if lines}


def test_another_wording_is_found() -> None:
    assert strange("#!/usr/bin/python\n# Copyright: somebody\n# SPDX-License-Identifier: GPL-3.0-or-later\n")
    assert strange("# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)\n")
    assert strange("// SPDX-License-Identifier: MIT\n")
    assert not strange("# SPDX-License-Identifier: GPL-3.0-or-later\n# GNU General Public License v3.0+ "
                       "(see https://www.gnu.org/licenses/gpl-3.0.txt)\n")  # fmt: skip


def test_metadata_and_text_are_of_this_licence() -> None:
    assert (ROOT / "LICENSE").read_text().split()[:7] == ["GNU", "GENERAL", "PUBLIC", "LICENSE", "Version", "3,", "29"]
    assert not (ROOT / "COPYING").exists()
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["license"] == [NAME]
    for path in ROOT.glob("roles/*/meta/main.yml"):
        assert yaml.safe_load(path.read_text())["galaxy_info"]["license"] == NAME
    readme = (ROOT / "README.md").read_text()
    assert "## Licence" in readme
    assert "Copyright: the groundup.cloud authors." in readme
