"""Asks in a terminal for what cannot be found: which database, and where its files are."""

from __future__ import annotations

import typer

from cli import output
from cli.setup import telling
from cli.setup.checking import check, pairs_of
from cli.setup.look import look_around
from contract.errors import InvalidRequest
from contract.setup import CheckRequest, SetupCheck, SetupFindings


def library(request: CheckRequest, *, asks: bool) -> SetupCheck:
    """Return the library to use: the one named, else the best one found. `asks`: ask until its files can be read.

    Raises `InvalidRequest` if nothing may be asked and no file can be read.
    """
    if not request.database:
        request = _found(request, asks=asks)
    while True:
        try:
            checked = check(request)
        except InvalidRequest as error:
            if not asks:
                raise
            output.say(error.message, style="red")
            request = CheckRequest(database=_asked_for_database(""), navidrome_url=request.navidrome_url)
            continue
        if checked.readable:
            return checked
        if not asks:
            raise InvalidRequest(telling.unreadable(checked), {"field": "path_map"})
        request = _asked_for_map(checked)


def _found(request: CheckRequest, *, asks: bool) -> CheckRequest:
    findings = look_around(ask=False)
    usable = [each for each in findings.databases if each.problem is None and not each.demo]
    if not asks and not usable:
        raise InvalidRequest(telling.nothing_found(findings), {"field": "database"})
    chosen = usable[0].path if usable else ""
    if asks:
        telling.found(findings)
        chosen = _asked_for_database(chosen, findings)
    return CheckRequest(database=chosen, path_map=request.path_map, navidrome_url=request.navidrome_url)


def _asked_for_database(default: str, findings: SetupFindings | None = None) -> str:
    """Ask for a number of the list, or a path."""
    answer = str(typer.prompt("Which database? A number, or the path of navidrome.db", default=default or None))
    found = findings.databases if findings is not None else []
    if answer.isdecimal() and 0 < int(answer) <= len(found):
        return found[int(answer) - 1].path
    return answer


def _asked_for_map(checked: SetupCheck) -> CheckRequest:
    output.say(telling.unreadable(checked), style="yellow")
    text = typer.prompt("Where is the music here? Such as /music=/mnt/nas/music (Ctrl+C ends)")
    try:
        pairs = pairs_of(text)
    except InvalidRequest as error:
        output.say(error.message, style="red")
        pairs = None
    return CheckRequest(database=checked.database, path_map=pairs, navidrome_url=checked.navidrome_url)
