"""`sonicmesh job`: what a person types becomes a request, and how a job ended becomes an error."""

from __future__ import annotations

import pytest
import typer

from cli.commands import jobs
from cli.follow import failed
from contract.errors import Conflict, ErrorInfo, Internal, TextUnavailable
from contract.jobs import PastJob, Progress


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("all=true", ("all", True)),
        ("model=spectral", ("model", "spectral")),
        ("file=/data/a=b.backup", ("file", "/data/a=b.backup")),
        ('models=["muq"]', ("models", ["muq"])),
        ("encoder=", ("encoder", "")),
    ],
)
def test_options(text: str, option: tuple[str, object]) -> None:
    assert jobs._option(text) == option


def test_what_is_no_option_or_kind_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="NAME=VALUE"):
        jobs._option("all")
    with pytest.raises(typer.BadParameter, match=r"polka.*embed, prune, migrate_ids, train_text, backup"):
        jobs._kind("polka")
    assert jobs._kind("train-text") == "train_text"


def test_how_a_job_ended() -> None:
    assert failed(Progress(status="completed")) is None
    assert failed(Progress(status="completed_with_errors")) is None
    assert isinstance(failed(Progress(status="cancelled")), Conflict)
    told = failed(Progress(status="failed", error=ErrorInfo(code="text_unavailable", message="too few")))
    assert isinstance(told, TextUnavailable) and told.message == "too few"
    assert isinstance(failed(Progress(status="failed", message="a defect")), Internal)


def test_a_line_of_the_history() -> None:
    past = PastJob(
        status="completed", kind="prune", started_at=1e9, automatic=True, total_operations=3, processed_operations=3
    )
    assert jobs._row(past) == ("2001-09-09 01:46 UTC", "prune (automatic)", "completed", "3 of 3", "")
