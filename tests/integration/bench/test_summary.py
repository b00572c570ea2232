"""`make bench` with benches that work and that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import summary
from bench.summary import Bench, main, measure


def test_a_bench_that_breaks_is_told_and_not_hidden() -> None:
    found = measure(Bench("nothing_of_this_name", "none.md", ()), ())
    assert found.problem.startswith("failed")
    assert found.compared == []


def test_one_bench_from_its_process_to_the_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given a bench that has goals and takes a second
    monkeypatch.setattr(
        summary, "BENCHES", (Bench("broker", "mesh.md#broker", ("--repeats", "1", "--seconds", "0.05")),)
    )
    # When
    code = main(["--markdown", str(tmp_path / "page.md")])
    # Then
    shown = capsys.readouterr().out
    assert "python -m bench.broker --repeats 1 --seconds 0.05" in shown
    assert "C zmq.proxy" in shown
    assert code == ("MISSED" in shown)
    assert "C zmq.proxy" in (tmp_path / "page.md").read_text()
