# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaps of a stream of pings."""

from __future__ import annotations

import pytest
from ansible_collections.groundup.cloud.plugins.module_utils.network.stream import Gap, Stream


@pytest.mark.parametrize(
    ("answered", "gaps", "lost", "longest"),
    [
        ({0, 1, 2, 3, 4}, (), 0, 0.0),
        ({0, 3, 4}, (Gap(2, 20.0),), 2, 20.0),
        ({0, 2, 4}, (Gap(1, 10.0), Gap(1, 10.0)), 2, 10.0),
        ({0, 1}, (Gap(3, None),), 3, None),
        ({0, 2}, (Gap(1, 10.0), Gap(2, None)), 3, None),
    ],
)
def test_gaps(answered: set[int], gaps: tuple[Gap, ...], lost: int, longest: float | None) -> None:
    stream = Stream.judged([place / 100 for place in range(5)], answered)
    assert (stream.sent, stream.gaps, stream.lost, stream.longest) == (5, gaps, lost, longest)
    assert Stream.of(stream.as_dict()) == stream


def test_a_stream_that_was_never_answered_has_nothing() -> None:
    assert Stream.judged([], set()) == Stream(0)
