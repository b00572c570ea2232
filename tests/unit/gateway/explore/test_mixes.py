"""What the console says of a mix."""

from __future__ import annotations

from gateway.explore.mixes import MEANINGS, meaning_of, name_of, setting_of
from gateway.plugin.mixes import all_keys, written_mix


def test_the_meaning_of_a_mix_is_the_beginning_of_its_comment() -> None:
    mix = written_mix("discovery", "Discovery", "Close to what you love.", [])
    assert mix.comment.endswith(mix.mark)
    assert meaning_of(mix.comment) == "Close to what you love."


def test_every_mix_has_a_name_and_a_meaning() -> None:
    names = [name_of(key) for key in all_keys()]
    assert names[0] == "Daily Mix 1" and "Rediscover" in names
    assert {setting_of(key) for key in all_keys()} == MEANINGS.keys()
