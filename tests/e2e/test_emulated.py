# SPDX-License-Identifier: GPL-3.0-or-later
"""A rack whose control planes are emulated machines too; CI has no time for it: `make e2e`, before a release."""

from __future__ import annotations

import pytest
from e2e.chain import Chain
from e2e.rack import EMULATED, Processes, Rack, changes


@pytest.mark.e2e
class TestEmulated(Chain):
    rack = Rack(EMULATED)
    processes = Processes()
    machine = "node2"

    def test_a_second_run_changes_nothing(self) -> None:
        """Without the proofs, which ran above and take five minutes."""
        figures = self.rack.site("second", "-e", "groundup_prove=false")
        assert changes(figures) == {}
        assert not [stage["name"] for stage in figures["stages"] if stage["failed"] or stage["unreachable"]]

    @pytest.mark.always
    def test_lab_down_removes_everything(self) -> None:
        self.removed()
