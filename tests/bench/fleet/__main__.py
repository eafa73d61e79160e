# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a no-op of site.yml over simulated machines, natively on this host, as root.

Run by hand: `python tests/bench/fleet [MACHINES]`, or `make bench fleet` for 100. All of it is in namespaces whose
processes the kernel ends with this one, however this one ends: nothing is left behind, and nothing outside is changed.
"""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # where the package is

from fleet import DOUBLES
from fleet.measure import measure, page

if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
    print(page(found))
    print("doubles:", *(f"  {name}: {what}" for name, what in DOUBLES.items()), sep="\n")
