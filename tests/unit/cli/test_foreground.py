"""The output of all processes as one stream, and the order in which the foreground's supervisord stops them."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from cli.foreground import LONGEST_LINE, ForegroundSupervisor, Output


def event(name: str, data: bytes = b"") -> Any:
    return SimpleNamespace(process=SimpleNamespace(config=SimpleNamespace(name=name)), data=data)


def test_lines_bear_their_process_and_are_never_mixed() -> None:
    stream = BytesIO()
    output = Output(stream)
    output.passed_on(event("search", b"one\ntw"))
    output.passed_on(event("broker", b"other\n"))
    output.passed_on(event("search", b"o\nthree"))
    assert stream.getvalue() == b"search | one\nbroker | other\nsearch | two\n"
    output.ended(event("search"))
    output.ended(event("search"))
    assert stream.getvalue().endswith(b"search | three\n")
    assert stream.getvalue().count(b"three") == 1


def test_a_line_without_an_end_is_not_held_for_ever() -> None:
    stream = BytesIO()
    Output(stream).passed_on(event("search", b"x" * (LONGEST_LINE + 1)))
    assert len(stream.getvalue()) > LONGEST_LINE


class Broken(BytesIO):
    def flush(self) -> None:
        raise BrokenPipeError


def test_a_reader_that_left_does_not_stop_the_mesh() -> None:
    Output(Broken()).passed_on(event("search", b"one\n"))


class Group:
    """A group that stops once it is told to."""

    def __init__(self, name: str) -> None:
        self.config = SimpleNamespace(name=name)
        self.running = True

    def stop_all(self) -> None:
        self.running = False

    def get_unstopped_processes(self) -> list[str]:
        return [self.config.name] if self.running else []


def test_the_broker_stops_last_and_the_others_at_once() -> None:
    supervisor = ForegroundSupervisor(SimpleNamespace())
    groups = [Group("broker"), Group("search"), Group("fusion"), Group("gateway")]
    supervisor.stop_groups = list(groups)
    supervisor.ordered_stop_groups_phase_1()
    assert [group.config.name for group in groups if group.running] == ["broker"]
    supervisor.ordered_stop_groups_phase_2()
    supervisor.ordered_stop_groups_phase_1()
    assert not any(group.running for group in groups)
    supervisor.ordered_stop_groups_phase_2()
    assert supervisor.stop_groups == []
