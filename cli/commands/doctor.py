"""`sonicmesh doctor`: what is wrong here, and how to fix it."""

from __future__ import annotations

from typing import Final

import typer

from cli import output
from cli.commands.options import AsJson

#: Colours of the words at the start of findings.
STYLES: Final = {"ok": "green", "note": "yellow", "wrong": "red"}


def doctor(as_json: AsJson = False) -> None:
    """Look for common mistakes, whether the mesh runs or not. Exit code 1 if something is wrong."""
    from cli.doctor.examination import examine
    from cli.doctor.finding import WRONG

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            mark = f"{finding.status:<5}"
            output.marked(mark, STYLES[finding.status], f" {finding.subject}: {finding.message}")
            if finding.advice:
                output.say(f"      -> {finding.advice}")
    found_wrong = any(finding.status == WRONG for finding in findings)
    if as_json:
        output.print_json({"healthy": not found_wrong, "findings": [finding.to_wire() for finding in findings]})
    if found_wrong:
        raise typer.Exit(output.FAILED)
