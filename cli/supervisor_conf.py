"""Values in supervisord's configuration, and the one file that it is started with.

supervisord reads a value three times over: as a line of an INI file (where ` ;` and ` #` begin a comment), as a format
string (once, or twice for some options), and, a command, as a shell would split it. Folders and settings may hold any
of that, so every value passes `escape`.
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

#: Expands to nothing. It keeps apart what must not stand side by side while the file is read.
_NOTHING: Final = "%(here).0s"
#: Options whose format string is expanded twice.
EXPANDED_TWICE: Final = frozenset({"stdout_logfile", "stderr_logfile"})
#: What `supervisord.conf` calls its own folder.
HERE: Final = "%(here)s"
#: A comment's beginning, and a name that would be expanded though its percent sign is doubled.
_APART: Final = re.compile(r"(?<=\s)(?=[;#])|(?<=%)(?=\()")


def escape(value: str | Path, option: str = "") -> str:
    """`value` as it must stand in the file, so that supervisord reads it as the value of `option` as it is.

    Raises `SettingsError` for what no line of a file can hold: control characters, and names that are no UTF-8.
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
    """The value of `command`: a program with variables of its own. supervisord's `environment` cannot hold them all."""
    assigned = [f"{name}={value}" for name, value in environment.items()]
    return escape(shlex.join(["env", *assigned, *arguments]))


def write_whole(conf: Path, included: Iterable[Path], target: Path) -> None:
    """Write `conf` and what it includes as one file, with the folder of `conf` in the place of `%(here)s`.

    supervisord looks for included files by a pattern, which a folder with brackets in its name is no match of, and
    takes a percent sign of the folder's name for a format.
    """
    parser = UnhosedConfigParser()
    parser.read([str(conf), *map(str, included)], encoding="utf-8")
    parser.remove_section("include")
    for section in parser.sections():
        for option, value in parser.items(section):
            if HERE in value:
                parser.set(section, option, value.replace(HERE, escape(conf.parent, option)))
    part = target.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        parser.write(file, space_around_delimiters=False)
    part.replace(target)


def _unusable(text: str) -> SettingsError:
    return SettingsError(
        f"{text!r} cannot be used: it has control characters, or is no UTF-8. Rename the folder, or mend the setting"
    )
