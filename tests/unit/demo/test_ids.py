"""Ids have Navidrome's shape."""

from __future__ import annotations

from hashlib import md5

from demo.ids import ALPHABET, hashed_id, row_id


def value(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 62 + ALPHABET.index(letter)
    return number


def test_a_hashed_id_is_the_base62_of_128_bits() -> None:
    assert value(hashed_id("jazz")) == int.from_bytes(md5(b"jazz").digest(), "big")
    assert len(hashed_id("jazz")) == 22


def test_most_row_ids_lie_beyond_128_bits_as_random_ones_do() -> None:
    # When
    ids = [row_id("track", number) for number in range(200)]
    # Then
    assert {len(i) for i in ids} == {22}
    assert len(set(ids)) == 200
    assert sum(value(i) > 2**128 for i in ids) > 150


def test_ids_are_the_same_each_time() -> None:
    assert row_id("track", "a") == row_id("track", "a") != row_id("user", "a")
