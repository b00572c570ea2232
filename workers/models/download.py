"""Fetching a model's weights into the folder of checkpoints; what is said of their licence before.

They come from the hub, those of musicnn from the package index.

Only what a model reads is fetched: of the repositories that merely describe a tower, its configuration.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from contract.errors import InvalidRequest, ModelUnavailable
from workers.models.latent import files as latent
from workers.models.mert import files as mert
from workers.models.muq import files as muq
from workers.models.musicnn import places as musicnn
from workers.models.neural.source import WEIGHT_FILES

#: Called with a file's name, the bytes that are there and the bytes of the whole (0: unknown).
Progress = Callable[[str, int, int], None]

NON_COMMERCIAL = (
    "The weights are published under CC BY-NC 4.0 (https://creativecommons.org/licenses/by-nc/4.0/): they may be used "
    "and shared with attribution, and not for anything commercial."
)
ISC = (
    "The weights are published under the ISC licence: they may be used, changed and shared for any purpose, with their "
    "notice, which is put beside them."
)


@dataclass(frozen=True, slots=True)
class Repository:
    """Files of one hub repository; of `either` the first that is there."""

    name: str
    files: tuple[str, ...] = ()
    either: tuple[str, ...] = ()

    def folder(self, checkpoints: Path) -> Path:
        return checkpoints / self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is made of: repositories of the hub (none: a wheel), about how many bytes, the licence in words."""

    repositories: tuple[Repository, ...]
    bytes: int
    license: str = NON_COMMERCIAL

    @property
    def hub(self) -> bool:
        """Whether the hub's client is needed."""
        return bool(self.repositories)


SOURCES: Mapping[str, Source] = {
    musicnn.MODEL: Source((), 29_292_476, ISC),
    muq.MODEL: Source(
        (
            Repository(muq.REPOSITORY, (muq.CONFIG,), WEIGHT_FILES),
            Repository("OpenMuQ/MuQ-large-msd-iter", (muq.CONFIG,)),
            Repository("FacebookAI/xlm-roberta-base", (muq.CONFIG, muq.TOKENIZER)),
        ),
        2_670_000_000,
    ),
    mert.MODEL: Source(
        (Repository(mert.REPOSITORY, (mert.CONFIG, mert.PREPROCESSOR), WEIGHT_FILES),),
        1_300_000_000,
    ),
    latent.MODEL: Source((Repository(latent.REPOSITORY, (latent.WEIGHTS,)),), 240_000_000),
}


def source(model: str) -> Source:
    """Raises `InvalidRequest` for a model that has nothing to download."""
    if model not in SOURCES:
        raise InvalidRequest(f"model {model!r} has nothing to download; {', '.join(SOURCES)} have", {"field": "model"})
    return SOURCES[model]


def download(model: str, checkpoints: Path, progress: Progress) -> list[Path]:
    """Fetch what is missing of a model; returns the files. An interrupted download goes on where it was.

    Raises `InvalidRequest`, and `ModelUnavailable` where the hub cannot be reached or does not have a file.
    """
    if not source(model).hub:
        from workers.models.musicnn.wheel import fetch

        return fetch(checkpoints)
    return [path for repository in source(model).repositories for path in _fetch_all(repository, checkpoints, progress)]


def _fetch_all(repository: Repository, checkpoints: Path, progress: Progress) -> Iterator[Path]:
    """Every file of a repository that is needed; the hub's own cache is passed over, for a folder of checkpoints can
    be copied to other hosts.
    """
    folder = repository.folder(checkpoints)
    for choice in (*((name,) for name in repository.files), repository.either):
        if choice:
            there = next((name for name in choice if (folder / name).is_file()), None)
            yield folder / there if there else _fetch(repository, choice, folder, progress)


def _fetch(repository: Repository, choice: Sequence[str], folder: Path, progress: Progress) -> Path:
    """The first of `choice` that the repository has."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for name in choice:
        try:
            return Path(hf_hub_download(repository.name, name, local_dir=folder, tqdm_class=_counter(name, progress)))
        except LocalEntryNotFoundError as error:  # what an unreachable hub, or HF_HUB_OFFLINE, ends in
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
    """What the hub's client thinks is a progress bar: it prints nothing and tells `progress`."""
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
