# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the expected files of cases.py anew, for a person who reads the difference: write.py"""

from __future__ import annotations

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible/collections")]

from tests.unit.links.cases import BACKENDS, CASES, files  # noqa: E402

if __name__ == "__main__":
    for case in CASES:
        for backend in BACKENDS:
            (HERE / "expected" / f"{case}.{backend}.txt").write_text(files(case, backend))
