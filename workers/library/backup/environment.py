"""The settings in a backup: the assignments of `.env`, without secrets."""

from __future__ import annotations

from io import StringIO
from typing import Final
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from workers.library.backup.manifest import BadBackup

#: Words in the names of variables with secret values.
SECRET_WORDS: Final = ("TOKEN", "KEY", "PASSWORD", "SECRET")


def assignments(text: str) -> dict[str, str]:
    """Return the value by variable as written, the last one each; skips lines without an assignment."""
    bindings = parse_stream(StringIO(text))
    return {binding.key: binding.value for binding in bindings if binding.key and binding.value is not None}


def is_secret(variable: str, value: str) -> bool:
    """Return whether a value is secret: the variable's name says so, or it is an address with a password."""
    if any(word in variable.upper() for word in SECRET_WORDS):
        return True
    try:
        return "://" in value and urlsplit(value).password is not None
    except ValueError:
        return True


def shown(variable: str, value: str) -> str:
    """Return an assignment as people may see it."""
    return f"{variable}={'(secret)' if is_secret(variable, value) else value}"


def readable(content: bytes) -> str:
    """Return the text of settings from a backup. Raises `BadBackup` if it is not valid."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadBackup("its settings.env is not text") from None
    if any(not character.isprintable() and character not in "\n\r\t" for character in text):
        raise BadBackup("its settings.env contains control characters, which no setting may have")
    return text


def without_secrets(text: str) -> tuple[str, list[str]]:
    """Return the harmless assignments of `text`, without comments, and the variables left out."""
    lines_kept, left_out = [], []
    for variable, value in assignments(text).items():
        if is_secret(variable, value):
            left_out.append(variable)
        else:
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            lines_kept.append(f"{variable}='{quoted}'\n")
    return "".join(lines_kept), left_out
