from __future__ import annotations

import pytest

from workers.search.recommend.ranking.titles import bare_title, base_title, is_performance, main_artist


@pytest.mark.parametrize(
    ("title", "base"),
    [
        ("Song (Live at Montreux 1999)", "song"),
        ("Song [2011 Remaster]", "song"),
        ("Song (2011 Digital Remaster)", "song"),
        ("Song - Remastered 2009", "song"),
        ("Song – Radio Edit", "song"),
        ("SONG  (Acoustic Version)", "song"),
        ("Song (en vivo)", "song"),
        ("Song - Ao Vivo em Lisboa", "song"),
        ("Song (dal vivo)", "song"),
        ("Song (neu gemastert)", "song"),
        ("Song (remasterisé en 2011)", "song"),
        ("Песня (концертная запись)", "песня"),
        ("曲（ライブ）", "曲"),
        ("Delivery (feat. Someone)", "delivery"),
        ("Delivery ft. Someone Else", "delivery"),
        ("Song (Part 1)", "song (part 1)"),
        ("Song - Part 2", "song - part 2"),
        ("Song (Take 2)", "song (take 2)"),
        ("Song (Alternate Version)", "song (alternate version)"),
        ("Theme (Ice World)", "theme (ice world)"),
        ("Live and Let Die", "live and let die"),
        ("Alive", "alive"),
        ("(Live)", "(live)"),
    ],
)
def test_only_words_of_versions_are_left_out(title: str, base: str) -> None:
    assert base_title(title) == base


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("03 Harbour Song", "harbour song"),
        ("3. Harbour Song", "harbour song"),
        ("HARBOUR SONG", "harbour song"),
        ("Don’t Go", "dont go"),
        ("Don't Go", "dont go"),
        ("Café", "cafe"),
        ("1979", "1979"),
        ("...", "..."),
    ],
)
def test_careless_tags_are_understood(title: str, bare: str) -> None:
    assert bare_title(title) == bare


@pytest.mark.parametrize(
    "artist",
    ["Ferry Line", "The Ferry Line", "FERRY LINE", "Ferry Line feat. Ann", "Ferry Line ft. Ann", "Ferry Line • Ann"],
)
def test_a_credit_is_that_of_its_first_artist(artist: str) -> None:
    assert main_artist(artist) == "ferry line"


def test_artists_of_other_names_stay_others() -> None:
    names = ["Simon & Garfunkel", "Simon", "The The", "Featherweight", "!!!", ""]
    assert len({main_artist(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Song (Live)", True),
        ("Song (en vivo)", True),
        ("Song - Mono", True),
        ("Song", False),
        ("Song (Someone Remix)", False),
        ("Song (Live Remix)", False),
        ("Song (Take 2)", False),
        ("Song (feat. Someone)", False),
        ("Alive", False),
    ],
)
def test_a_title_says_whether_it_names_a_version(title: str, named: bool) -> None:
    assert is_performance(title) is named
