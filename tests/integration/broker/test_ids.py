"""Ids of requests, also in a process that was forked from another."""

from __future__ import annotations

import os

from broker import wire


def test_ids_are_of_one_form_and_differ_also_in_a_forked_process() -> None:
    # Given
    reading, writing = os.pipe()
    ours = [wire.new_id() for _ in range(100)]
    # When
    child = os.fork()
    if not child:
        os.write(writing, wire.new_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    ids = [*ours, os.read(reading, 64).decode(), wire.new_id()]
    os.close(reading)
    os.close(writing)
    # Then
    assert len(set(ids)) == len(ids)
    assert all(len(each) == 32 and int(each, 16) for each in ids)
