"""The table of all goals."""

from __future__ import annotations

import pytest

from bench import summary
from bench.report import Against, Row, report
from bench.summary import BENCHES
from bench.summary_table import Measured, cells, markdown, text
from tests.harness.places import REPOSITORY

RATIO = Row("ratio to mosec", 0.5, "", ">= 1", False, Against("mosec", 2000.0, 4100.0, "1/s"))
ADDED = Row("added to bare aiohttp, p50", 0.4, "ms", "<= 0.6", True, Against("bare aiohttp", 0.55, 0.15, "ms"))
RATE = Row("1 caller: requests", 90.0, "1/s", against=Against("plain server", 90.0, 180.0, "1/s"))
LIMITED = Row("opening", 2.5, "s", "<= 5", True)
ALONE = Row("memory", 12.0, "MB")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (RATIO, ("ratio to mosec", "2,000 1/s", "mosec: 4,100 1/s", "0.50", ">= 1", "MISSED")),
        (ADDED, ("added to bare aiohttp, p50", "0.55 ms", "bare aiohttp: 0.15 ms", "+ 0.4 ms", "<= 0.6", "met")),
        (RATE, ("1 caller: requests", "90 1/s", "plain server: 180 1/s", "0.50", "", "")),
        (LIMITED, ("opening", "2.5 s", "<= 5", "0.50", "<= 5", "met")),
    ],
)
def test_a_line(row: Row, expected: tuple[str, ...]) -> None:
    assert cells(row) == expected


def test_the_table_has_what_is_compared_and_says_what_failed() -> None:
    found = [
        Measured("python -m bench.one", "mesh.md#one", [RATIO, LIMITED, ALONE], "", 3.0),
        Measured("python -m bench.two", "two.md", [], "failed (ValueError): see two.log", 1.0),
    ]
    shown = text(found, "2 processors")
    assert "python -m bench.one   (3 s)" in shown
    assert "missed; what was tried: docs/benchmarks/mesh.md#one" in shown
    assert "failed (ValueError): see two.log" in shown
    assert "memory" not in shown
    assert shown.endswith("1 of 2 goals met; 1 benches failed")
    page = markdown(found, "2 processors").splitlines()
    lines = [line for line in page if line.startswith("|")]
    assert {line.count("|") for line in lines} == {8}
    assert "- [mesh.md#one](mesh.md#one)" in page


def test_rows_survive_the_way_through_a_bench_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [RATIO, ADDED, RATE, LIMITED, ALONE]
    assert report("things", rows, as_json=True) == 1
    assert summary._rows(capsys.readouterr().out.encode()) == rows


def test_every_bench_has_a_page_that_says_what_was_tried() -> None:
    for bench in BENCHES:
        page, _, anchor = bench.page.partition("#")
        headings = (REPOSITORY / "docs" / "benchmarks" / page).read_text().splitlines()
        anchors = {line.lstrip("# ").lower().replace(" ", "-").replace(",", "") for line in headings if line[:1] == "#"}
        assert not anchor or anchor in anchors, bench.page
