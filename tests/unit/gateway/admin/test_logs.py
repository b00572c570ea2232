"""The ends of log files, and the slow queries in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import NotFound
from gateway.admin.logs import MAX_BYTES, listed, slow_queries, tail


def test_the_last_lines_and_what_comes_after_them(tmp_path: Path) -> None:
    log = tmp_path / "search.log"
    log.write_text("one\ntwo\nthree\nhalf")
    first = tail(tmp_path, "search", 2, None)
    assert first == {"name": "search", "lines": ["two", "three"], "end": len("one\ntwo\nthree\n")}
    assert tail(tmp_path, "search", 9, first["end"])["lines"] == []
    with log.open("a") as file:
        file.write(" a line\n\x1b[2Jfour\n")
    more = tail(tmp_path, "search", 9, first["end"])
    assert more["lines"] == ["half a line", "\\x1b[2Jfour"]
    log.write_text("anew\n")
    assert tail(tmp_path, "search", 9, more["end"])["lines"] == ["anew"]


def test_a_long_log_begins_with_a_whole_line(tmp_path: Path) -> None:
    (tmp_path / "library.log").write_text("".join(f"line {n:06d}\n" for n in range(MAX_BYTES // 10)))
    found = tail(tmp_path, "library", 10**6, None)
    assert found["lines"][-1] == f"line {MAX_BYTES // 10 - 1:06d}"
    assert all(len(line) == len("line 000000") for line in found["lines"])


@pytest.mark.parametrize("name", ["nothing", "../secret", "secret", "", "search.log", "search.log.1"])
def test_only_logs_are_shown(tmp_path: Path, name: str) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (tmp_path / "secret.log").write_text("a secret\n")
    (logs / "search.log").write_text("x\n")
    (logs / "search.log.1").write_text("old\n")
    (logs / "secret.log").symlink_to(tmp_path / "secret.log")
    assert [each["name"] for each in listed(logs)] == ["search"]
    with pytest.raises(NotFound):
        tail(logs, name, 10, None)


def test_slow_queries_newest_first(tmp_path: Path) -> None:
    (tmp_path / "search.log").write_text(
        "2026-05-01 10:00:00,123 WARNING workers.search.service: SLOW_QUERY trace=ab total=731ms search.muq=700ms\n"
        "2026-05-01 10:00:01,000 INFO    workers.search.service: something else\n"
        "2026-05-01 10:00:02,500 WARNING workers.search.service: SLOW_QUERY trace=cd total=1200ms\n"
    )
    (tmp_path / "gateway.log").write_text("SLOW_QUERY trace=no total=9ms\n")
    found = slow_queries(tmp_path, 10)
    assert [each["milliseconds"] for each in found] == [1200, 731]
    assert found[0]["at"] - found[1]["at"] == pytest.approx(2.377)
    assert len(slow_queries(tmp_path, 1)) == 1
    assert slow_queries(tmp_path / "nowhere", 5) == [] == listed(tmp_path / "nowhere")


def test_a_log_that_is_rotated_meanwhile_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "search.log"
    there.write_text("one\n")
    monkeypatch.setattr("gateway.admin.logs._logs", lambda folder: iter([folder / "gone.log", there]))
    assert [log["name"] for log in listed(tmp_path)] == ["search"]
