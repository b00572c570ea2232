"""The accuracy of each label: the table that `python -m bench.labels` measured, read at run time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import orjson

from contract.labels import KnownLabel, KnownLabels
from contract.vocabulary import VERSION, VOCABULARY

#: The file of measurements beside this module.
FILE: Final = "accuracy.json"
#: Summed probability of a label's tags below which it is silent, where no measurement gives a better floor.
FLOOR: Final = 0.12


@dataclass(frozen=True, slots=True)
class Measured:
    """A label's area under the ROC curve, the tracks that have it, and the raw score below which it is silent."""

    auc: float
    positives: int
    floor: float
    chance: bool


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The measurements by label, and `reference` [labels, marks]: raw scores at even ranks of the development music."""

    labels: dict[str, Measured]
    reference: np.ndarray[Any, np.dtype[np.float32]]

    def floors(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the floor of every label, [labels]."""
        default = float(np.log(FLOOR))
        found = [self.labels[one.name].floor if one.name in self.labels else default for one in VOCABULARY]
        return np.asarray(found, np.float32)

    def known(self) -> KnownLabels:
        """Return every label with its accuracy."""
        return KnownLabels(version=VERSION, labels=[self._known(number) for number in range(len(VOCABULARY))])

    def _known(self, number: int) -> KnownLabel:
        meaning = VOCABULARY[number]
        measured = self.labels.get(meaning.name)
        return KnownLabel(
            name=meaning.name,
            kind=meaning.kind,
            synonyms=list(meaning.synonyms),
            accuracy="unmeasured" if measured is None else "measured",
            auc=None if measured is None else measured.auc,
            positives=None if measured is None else measured.positives,
            shown=measured is None or not measured.chance,
        )


@cache
def accuracy() -> Accuracy:
    """Read the measurements that ship with the code."""
    data = orjson.loads(files(__package__).joinpath(FILE).read_bytes())
    if data["version"] != VERSION:
        raise ValueError(f"{FILE} is of version {data['version']}, the vocabulary of version {VERSION}")
    labels = {name: Measured(**measured) for name, measured in data["labels"].items()}
    return Accuracy(labels, np.asarray(data["reference"], np.float32))


@cache
def known_labels() -> KnownLabels:
    """Return every label with its accuracy, as measured."""
    return accuracy().known()
