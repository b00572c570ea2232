"""What the comment of a mix says."""

from __future__ import annotations

from gateway.plugin.mixes import _mix, mark, meaning_of


def test_a_mix_says_what_it_is() -> None:
    mix = _mix("daily-1", "Daily Mix 1", "Like Abba, which you played recently.", ())
    assert mix.comment.endswith(mark("daily-1"))
    assert meaning_of(mix) == "Like Abba, which you played recently."
