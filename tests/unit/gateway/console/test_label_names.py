"""Every label has a German name in the console."""

from __future__ import annotations

import re

from contract.vocabulary import NAMES
from tests.harness.places import REPOSITORY


def test_all_labels_are_named_in_german() -> None:
    source = (REPOSITORY / "console/src/text/de/labels.ts").read_text(encoding="utf-8")
    names = source.partition("names: {")[2].partition("}")[0]
    keys = re.findall(r'^ +(?:"([^"]+)"|([\w$]+)): "[^"]+",$', names, re.MULTILINE)

    assert sorted(quoted or bare for quoted, bare in keys) == sorted(NAMES)
