"""Fetch a model's weights into the checkpoints folder: from the hub or, for musicnn, from the package index."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from contract.errors import InvalidRequest, ModelUnavailable
from workers.models.adapter import adapter_class
from workers.models.registry import models
from workers.models.weights import Repository, WeightsSource

#: Called with a file's name, the bytes fetched and the total bytes (0 if unknown).
Progress = Callable[[str, int, int], None]


@cache
def sources() -> dict[str, WeightsSource]:
    """Return the source of each known model, except those that need none or whose packages are not installed."""
    by_model = {}
    for model in models().values():
        with suppress(ModelUnavailable):
            if (fetched := adapter_class(model).source) is not None:
                by_model[model.name] = fetched
    return by_model


def source(model: str) -> WeightsSource:
    """Return the source of `model`. Raises `InvalidRequest` if it has nothing to download."""
    by_model = sources()
    if model not in by_model:
        raise InvalidRequest(f"model {model!r} has nothing to download; {', '.join(by_model)} have", {"field": "model"})
    return by_model[model]


def download(model: str, checkpoints: Path, progress: Progress) -> list[Path]:
    """Fetch a model's missing files, resuming interrupted downloads; returns all its files.

    Raises `InvalidRequest`, and `ModelUnavailable` if the hub cannot be reached or lacks a file.
    """
    if not source(model).hub:
        from workers.models.musicnn.wheel import fetch

        return fetch(checkpoints)
    return [path for repository in source(model).repositories for path in _fetch_all(repository, checkpoints, progress)]


def _fetch_all(repository: Repository, checkpoints: Path, progress: Progress) -> Iterator[Path]:
    """Yield every file that a model needs of a repository.

    Bypasses the hub's cache, because a checkpoints folder can be copied to other hosts.
    """
    folder = repository.folder(checkpoints)
    for choice in (*((name,) for name in repository.files), repository.either):
        if choice:
            present = next((name for name in choice if (folder / name).is_file()), None)
            yield folder / present if present else _fetch(repository, choice, folder, progress)


def _fetch(repository: Repository, choice: Sequence[str], folder: Path, progress: Progress) -> Path:
    """Fetch the first file of `choice` that the repository has."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for name in choice:
        try:
            return Path(hf_hub_download(repository.name, name, local_dir=folder, tqdm_class=_counter(name, progress)))
        except LocalEntryNotFoundError as error:  # the hub is unreachable, or HF_HUB_OFFLINE is set
            raise ModelUnavailable(
                f"the hub cannot be reached for {name} of {repository.name}: go online and unset HF_HUB_OFFLINE, or "
                f"copy the file from another host to {folder} ({_first_line(error)})"
            ) from error
        except EntryNotFoundError:
            continue
        except OSError as error:
            raise ModelUnavailable(f"{name} of {repository.name} cannot be fetched: {_first_line(error)}") from error
    raise ModelUnavailable(
        f"{repository.name} has no {' or '.join(choice)} any more; fetch the files by hand to {folder}"
    )


def _counter(name: str, progress: Progress) -> Any:
    """Return a progress bar class for the hub's client that prints nothing and calls `progress`."""
    bar: Any = import_module("huggingface_hub.utils").tqdm

    class Counter(bar):  # type: ignore[misc]  # tqdm has no types
        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            super().__init__(*arguments, **keywords | {"disable": False, "file": io.StringIO()})

        def update(self, n: float | None = 1) -> bool | None:
            shown: bool | None = super().update(n)
            progress(name, int(self.n), int(self.total or 0))
            return shown

    return Counter


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
