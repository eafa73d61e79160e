# SPDX-License-Identifier: GPL-3.0-or-later
"""A rack whose control planes are emulated machines too; CI has no time for it: `make e2e`, before a release."""

from __future__ import annotations

import pytest
from e2e.chain import Chain
from e2e.rack import EMULATED, Processes, Rack


@pytest.mark.e2e
class TestEmulated(Chain):
    rack = Rack(EMULATED)
    processes = Processes()

    @pytest.mark.always
    def test_lab_down_removes_everything(self) -> None:
        self.removed()
