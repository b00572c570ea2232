"""Which parts of a file are asked of Navidrome."""

from __future__ import annotations

import pytest

from gateway.explore.media import RANGE


@pytest.mark.parametrize("wanted", ["bytes=0-", "bytes=100-199", "bytes=-50"])
def test_one_part_is_passed_on(wanted: str) -> None:
    assert RANGE.fullmatch(wanted)


@pytest.mark.parametrize("wanted", ["", "bytes=-", "bytes=0-1,2-", "bytes=0-1, 5-9", "items=0-1", "bytes=\u0661-"])
def test_several_parts_and_other_things_are_not(wanted: str) -> None:
    assert RANGE.fullmatch(wanted) is None
