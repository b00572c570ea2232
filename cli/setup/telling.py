"""What `sonicmesh setup` says at each step, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cli import output
from contract.setup import (
    Applied,
    DatabaseProblem,
    FileProblem,
    ModelCost,
    SetupCheck,
    SetupFindings,
    SetupModels,
)

DATABASE_PROBLEMS: Final[Mapping[DatabaseProblem, str]] = {
    "absent": "it is gone",
    "forbidden": "this user may not read it",
    "locked": "another program keeps it locked",
    "foreign": "it is not a database of Navidrome",
    "empty": "it has no tracks yet",
    "unreadable": "it cannot be read",
}
FILE_PROBLEMS: Final[Mapping[FileProblem, str]] = {
    "absent": "is not there",
    "forbidden": "cannot be read by this user",
    "empty": "is empty",
    "unreadable": "cannot be read: check the disk or share",
}
MOUNT: Final = (
    "In a container, mount Navidrome's data folder and the music: "
    "-v /srv/navidrome:/navidrome:ro -v /mnt/nas/music:/music:ro"
)
#: Formats to name; others are summed up.
MOST_FORMATS: Final = 6


def found(findings: SetupFindings) -> None:
    """Print the databases, numbered, or where none was found."""
    if not findings.databases:
        output.say(nothing_found(findings), style="yellow")
    for number, each in enumerate(findings.databases, 1):
        problem = f": {DATABASE_PROBLEMS[each.problem]}" if each.problem else ""
        demo = " (the demo library)" if each.demo else ""
        output.say(f"{number}. {each.path}{demo}, {each.tracks} tracks{problem}")
    if findings.problem:
        output.say(findings.problem, style="red")


def nothing_found(findings: SetupFindings) -> str:
    """Return where was looked, and what to do."""
    slow = f"; {', '.join(findings.unfinished)} took too long" if findings.unfinished else ""
    places = ", ".join(findings.looked) or "no folder"
    return f"no navidrome.db was found in {places}{slow}. Name it: --database. {MOUNT}"


def checked(check: SetupCheck) -> None:
    """Print what the library holds, and how the ten files fared."""
    kinds = [f"{number} {ending}" for ending, number in list(check.formats.items())[:MOST_FORMATS]]
    output.say(
        f"{check.tracks} tracks, {check.hours:.1f} hours of music, {len(check.libraries)} libraries, "
        f"{check.users} users; {', '.join(kinds)}"
    )
    for pair in check.path_map:
        how = " (found by trying)" if check.proposed else ""
        output.say(f"Navidrome's {pair.theirs} is {pair.here} here{how}")
    output.say(f"{check.readable} of {len(check.tried)} files can be read", style="green" if check.readable else "red")
    for file in check.tried:
        if file.problem is not None:
            output.say(f"  {file.here} {FILE_PROBLEMS[file.problem]}", style="dim")
    if check.navidrome:
        output.say(f"Navidrome answers at {check.navidrome_url}")
    else:
        where = f" at {check.navidrome_url}" if check.navidrome_url else ""
        output.say(
            f"Navidrome does not answer{where}: until it does, nobody can sign in with an account", style="yellow"
        )


def unreadable(check: SetupCheck) -> str:
    """Return why no file can be read, and what to do."""
    first = next((file for file in check.tried if file.problem is not None), None)
    if first is None or first.problem is None:
        return "Navidrome misses every file of this library: let it scan your music"
    return (
        f"none of {len(check.tried)} files can be read; {first.here} {FILE_PROBLEMS[first.problem]}. "
        f"Say where the music is: --path-map {check.libraries[0].path}=FOLDER-HERE. {MOUNT}"
    )


def models(known: SetupModels) -> None:
    """Print every model with its licence, and what it still needs."""
    for each in known.models:
        mark = "default" if each.default else ""
        output.marked(f"{each.name:<9}", "bold", f" {mark:<8} {each.description}. {each.license}")
        if each.needs:
            output.say(f"          {each.needs}", style="dim")


def cost(measured: ModelCost, memory_bytes: int) -> None:
    """Print what a model costs here."""
    workers = "1 worker" if measured.workers == 1 else f"{measured.workers} workers"
    output.say(
        f"{measured.model}, measured on {measured.measured} tracks: {duration(measured.hours)} for {measured.tracks} "
        f"tracks with {workers}, {measured.memory_bytes / 1e6:.0f} MB each (of {memory_bytes / 1e9:.1f} GB here)"
    )


def duration(hours: float) -> str:
    """Return a duration as people say it."""
    if hours < 1 / 60:
        return "less than a minute"
    if hours < 2:
        return f"about {hours * 60:.0f} minutes"
    return f"about {hours:.0f} hours" if hours < 72 else f"about {hours / 24:.0f} days"


def applied(done: Applied) -> None:
    """Print where the settings are."""
    output.say(
        f"wrote {done.settings_file}: "
        + ", ".join(f"{name}={value}" for name, value in done.variables.items() if value)
    )
    if done.plugin:
        output.say(f"put the plugin into {done.plugin}; an admin of Navidrome enables it")
