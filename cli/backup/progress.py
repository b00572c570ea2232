"""The progress bars of backup, restore and migration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TimeElapsedColumn

from cli import output


class Bars:
    """One bar per step on stderr, or none."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def step(self, text: str, total: int) -> Callable[[int], None]:
        """Show a new bar; return the function that advances it."""
        task = self._progress.add_task(text, total=max(1, total))
        return lambda amount: self._progress.advance(task, amount)


@contextmanager
def bars(*, quiet: bool) -> Iterator[Bars]:
    """Show bars that stay on the screen."""
    columns = (
        output.PlainColumn("{task.description}"),
        BarColumn(),
        output.PlainColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=output.errors, disable=quiet) as progress:
        yield Bars(progress)
