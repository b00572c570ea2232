"""Values in supervisord's configuration, and the one file that it starts with.

supervisord reads a value up to three times: as a line of an INI file (where ` ;` and ` #` begin a comment), as a format
string (twice for some options) and, if it is a command, the way a shell splits it. Folders and settings may contain any
of those characters, so every value passes through `escape`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from supervisor.options import UnhosedConfigParser

from contract.settings import SettingsError
from contract.text import has_control

#: Expands to nothing. Separates characters that must not be adjacent when the file is parsed.
_NOTHING: Final = "%(here).0s"
#: Options whose format string is expanded twice.
EXPANDED_TWICE: Final = frozenset({"stdout_logfile", "stderr_logfile"})
#: What `supervisord.conf` writes for its own folder.
HERE: Final = "%(here)s"
#: The start of a comment, and a name that would be expanded even after a doubled percent sign.
_APART: Final = re.compile(r"(?<=\s)(?=[;#])|(?<=%)(?=\()")


def escape(value: str | Path, option: str = "") -> str:
    """Escape `value` so that supervisord reads it back unchanged as the value of `option`.

    Raises `SettingsError` for what no line of a file can hold: control characters, and names that are not UTF-8.
    """
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _unusable(text) from None
    if has_control(text):
        raise _unusable(text)
    for _ in range(2 if option in EXPANDED_TWICE else 1):
        text = text.replace("%", "%%")
    text = _APART.sub(_NOTHING, text)
    return f"{_NOTHING}{text}{_NOTHING}" if text != text.strip() or text[:1] in (";", "#") else text


def command(arguments: Iterable[str], environment: Mapping[str, str]) -> str:
    """Return the value of `command`: a program with variables that supervisord's `environment` cannot hold."""
    assigned = [f"{name}={value}" for name, value in environment.items()]
    return escape(shlex.join(["env", *assigned, *arguments]))


def write_whole(conf: Path, folder: Path, included: Iterable[Path], target: Path) -> None:
    """Write `conf` and its includes as one file, with `folder` in place of `%(here)s`.

    supervisord matches included files with a pattern, which fails for a folder with brackets in its name, and reads a
    percent sign in the folder's name as a format.
    """
    parser = UnhosedConfigParser()
    parser.read([str(conf), *map(str, included)], encoding="utf-8")
    parser.remove_section("include")
    for section in parser.sections():
        for option, value in parser.items(section):
            if HERE in value:
                parser.set(section, option, value.replace(HERE, escape(folder, option)))
    part = target.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        parser.write(file, space_around_delimiters=False)
    part.replace(target)


def _unusable(text: str) -> SettingsError:
    return SettingsError(
        f"{text!r} cannot be used: it contains control characters or is not UTF-8. "
        "Rename the folder, or change the setting"
    )
