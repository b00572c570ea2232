"""Safe file names from any text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.filenames import MAX_BYTES, safe_name, split_name, unique_name


@pytest.mark.parametrize(
    ("text", "suffix", "expected"),
    [
        ("Song – (Remaster)", ".flac", "Song – (Remaster).flac"),
        ("01 - Sigur Rós: Ágætis", ".flac", "01 - Sigur Rós_ Ágætis.flac"),
        ("../../etc/passwd", ".flac", "_.._etc_passwd.flac"),
        ("..\\..\\windows", "", "_.._windows"),
        ("...", ".flac", "untitled.flac"),
        ("", "", "untitled"),
        ("CON", ".flac", "_CON.flac"),
        ("aux.live", ".mp3", "_aux.live.mp3"),
        ("a\0b\x07c\u202edcba", ".flac", "abcdcba.flac"),
        ("two\nlines", ".flac", "two lines.flac"),
        ("name. . ", ".flac", "name.flac"),
        ("name", "/../x", "name"),
        ("Cafe\u0301", ".flac", "Café.flac"),
        ("COM1", "", "_COM1"),
    ],
)
def test_examples(text: str, suffix: str, expected: str) -> None:
    assert safe_name(text, suffix) == expected


@given(st.text(), st.sampled_from(["", ".flac", ".mp3", ". ", ".a/b", ".\0", "x", "." + "y" * 40]))
def test_every_name_is_plain(text: str, suffix: str) -> None:
    name = safe_name(text, suffix)
    assert 0 < len(name.encode()) <= MAX_BYTES
    assert Path(name).name == name
    assert not set(name) & set('/\\:*?"<>|')
    assert not name.startswith((".", " "))
    assert not name.endswith((".", " "))
    assert not any(unicodedata.category(char)[0] == "C" for char in name)
    assert name.partition(".")[0].strip().upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT9"}


@given(st.text(), st.sampled_from(["", ".flac", ".mp3"]))
def test_a_safe_name_stays_as_it_is(text: str, suffix: str) -> None:
    name = safe_name(text, suffix)
    assert safe_name(*split_name(name)) == name


@given(st.lists(st.text(max_size=4), min_size=1, max_size=8))
def test_names_can_be_made_unique(texts: list[str]) -> None:
    taken: set[str] = set()
    for text in texts:
        name = unique_name(safe_name(text * 100, ".flac"), taken)
        assert name.casefold() not in taken
        assert len(name.encode()) <= MAX_BYTES
        assert name.endswith(".flac")
        taken.add(name.casefold())


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a.flac", ("a", ".flac")),
        ("C:\\music\\a.b.mp3", ("a.b", ".mp3")),
        (".hidden", (".hidden", "")),
        ("Mr. Big", ("Mr. Big", "")),
        ("plain", ("plain", "")),
    ],
)
def test_suffixes(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts
