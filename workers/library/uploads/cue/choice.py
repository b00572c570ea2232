"""Matches an upload with a FILE of a CUE sheet by its original name: no sheet knows its temporary name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from contract.errors import InvalidRequest
from contract.filenames import split_name


def choose_file(files: Sequence[str], name: str) -> int:
    """Return the position of the FILE that matches an upload whose sender calls it `name`.

    A single FILE always matches. Of several, choose the one with that name, else the one with that name and another
    suffix (sheets often say .wav for a file that is now .flac). Raises `InvalidRequest` if none or several match.
    """
    if len(files) == 1:
        return 0
    for form in (_full, _stem):
        matching = [place for place, file in enumerate(files) if form(file) == form(name)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise _unclear(files, f"{len(matching)} of them may be {name!r}")
    raise _unclear(files, f"none of them is {name!r}")


def _full(name: str) -> str:
    return unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1]).casefold().strip()


def _stem(name: str) -> str:
    return _full(split_name(name)[0])


def _unclear(files: Sequence[str], reason: str) -> InvalidRequest:
    return InvalidRequest(
        f"cue_file: the sheet names {len(files)} files and {reason}; upload each file under the name that the sheet "
        "gives it, or with a sheet of its own",
        {"field": "cue_file"},
    )
