"""`sonicmesh doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

from typing import Final

import typer
from rich.markup import escape

from cli import output
from cli.commands.options import AsJson

MARKS: Final = {"ok": "[green]ok[/green]   ", "note": "[yellow]note[/yellow] ", "wrong": "[red]wrong[/red]"}


def doctor(as_json: AsJson = False) -> None:
    """Look for what people get wrong, also while the mesh stands. Exit code 1 when something is wrong."""
    from cli.doctor.examination import examine
    from cli.doctor.finding import WRONG

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            line = f"{MARKS[finding.status]} {escape(finding.subject)}: {escape(finding.message)}"
            output.console.print(line, soft_wrap=True)
            if finding.advice:
                output.console.print(f"      -> {finding.advice}", markup=False, soft_wrap=True)
    found_wrong = any(finding.status == WRONG for finding in findings)
    if as_json:
        output.print_json({"healthy": not found_wrong, "findings": [finding.to_wire() for finding in findings]})
    if found_wrong:
        raise typer.Exit(output.FAILED)
