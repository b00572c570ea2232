"""Untrusted text on its way out cannot harm a terminal, log, playlist file, table or header."""

from __future__ import annotations

import csv
import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.text import (
    csv_cell,
    fits_playlist,
    has_control,
    header_value,
    json_text,
    log_line,
    playlist_text,
    terminal,
    terminal_lines,
)

#: Any text, and much of what is hostile.
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Zs"]),
        st.sampled_from("=+-@;,'\"[]\x1b\x9b\u202e\u2066\u200b\u200d\n\r"),
    )
)
#: What moves a cursor, begins an escape sequence, turns the direction of writing or breaks a line.
WEAPONS = {*map(chr, [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)])}
WEAPONS |= {*map(chr, [0x61C, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF])}


@given(HOSTILE)
def test_a_line_for_people_has_no_weapon(text: str) -> None:
    for line in (terminal(text), log_line(text), playlist_text(text)):
        assert not WEAPONS & set(line)
        assert len(line.splitlines()) <= 1
    assert not (WEAPONS - {"\n"}) & set(terminal_lines(text))


@pytest.mark.parametrize(
    "text", ["[untitled]", "Both Sides [a/b] [/b]", "Ночь · 夜　の 歌", "می‌خواهم", "👩‍🚀 👁️‍🗨️", ":smile: é\xa0!"]
)
def test_writing_stays_as_it_is(text: str) -> None:
    assert terminal(text) == text


def test_what_is_spelled_out_can_be_read() -> None:
    assert terminal("a\x1b]0;b\x07\n\u202ec\x9b\u200b") == "a\\x1b]0;b\\x07\\n\\u202ec\\x9b\\u200b"
    assert terminal("latin\u200dscript") == "latin\\u200dscript"


@given(st.one_of(HOSTILE, st.dictionaries(HOSTILE, st.lists(HOSTILE))))
def test_json_for_a_terminal_means_the_same(value: object) -> None:
    document = json.dumps(value, ensure_ascii=False, indent=1)
    shown = json_text(document)
    assert json.loads(shown) == json.loads(document)
    assert not (WEAPONS - {"\n"}) & set(shown)


@given(HOSTILE)
def test_a_cell_is_no_formula(text: str) -> None:
    table = io.StringIO()
    csv.writer(table).writerow([csv_cell(text), "next"])
    (cell, after), *more = csv.reader(io.StringIO(table.getvalue(), newline=""))
    assert (after, more) == ("next", [])
    seen = "".join(c for c in cell if not c.isspace() and unicodedata.category(c) not in {"Cc", "Cf"})
    assert not seen.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


@pytest.mark.parametrize(("value", "cell"), [(-3, "-3"), (None, ""), ("-3", "'-3"), (" =1", "' =1"), ("a=b", "a=b")])
def test_numbers_stay_numbers(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


@given(HOSTILE)
def test_a_header_cannot_be_split(text: str) -> None:
    assert header_value(text).isascii()
    assert not has_control(header_value(text))


def test_paths_that_a_playlist_file_cannot_write() -> None:
    assert fits_playlist("/music/#hash 100% é/\u202e.flac")
    assert not any(map(fits_playlist, ("/a\nb", "/a\rb", "/a\u2028b", "/a\x1bb")))
