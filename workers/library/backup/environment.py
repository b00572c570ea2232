"""The settings of a backup: the assignments of `.env`, without what must stay secret."""

from __future__ import annotations

from io import StringIO
from typing import Final
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from workers.library.backup.manifest import BadBackup

#: Words in a variable's name whose value is secret.
SECRET_WORDS: Final = ("TOKEN", "KEY", "PASSWORD", "SECRET")


def assignments(text: str) -> dict[str, str]:
    """Value by variable as written, the last of each; lines without one are left out."""
    found = parse_stream(StringIO(text))
    return {binding.key: binding.value for binding in found if binding.key and binding.value is not None}


def is_secret(variable: str, value: str) -> bool:
    """Whether a value must not leave this machine unasked: by the variable's name, or an address with a password."""
    if any(word in variable.upper() for word in SECRET_WORDS):
        return True
    try:
        return "://" in value and urlsplit(value).password is not None
    except ValueError:
        return True


def shown(variable: str, value: str) -> str:
    """An assignment as people may see it."""
    return f"{variable}={'(secret)' if is_secret(variable, value) else value}"


def readable(content: bytes) -> str:
    """The text of settings from a backup. Raises `BadBackup` where they are none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise BadBackup("its settings.env is no text") from None
    if any(not character.isprintable() and character not in "\n\r\t" for character in text):
        raise BadBackup("its settings.env holds control characters, which no setting may have")
    return text


def without_secrets(text: str) -> tuple[str, list[str]]:
    """`text` with its harmless assignments only, no comments either, and the variables that were left out."""
    kept, left_out = [], []
    for variable, value in assignments(text).items():
        if is_secret(variable, value):
            left_out.append(variable)
        else:
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            kept.append(f"{variable}='{quoted}'\n")
    return "".join(kept), left_out
