"""The page about labels states what the product reads."""

from __future__ import annotations

import re

from contract.vocabulary import NAMES
from tests.harness.places import REPOSITORY
from workers.library.labels.accuracy import accuracy

ROW = re.compile(r"^\| ([\w&' -]+) \| (?:music|rendered) \| (\d+) \| \d+ \| (\.\d{3}) \|(.*)\|$", re.MULTILINE)


def test_the_page_has_the_figures_of_the_file() -> None:
    page = (REPOSITORY / "docs/benchmarks/labels.md").read_text(encoding="utf-8")
    told = {
        name: (int(positives), float(auc), "hidden" in note)
        for name, positives, auc, note in ROW.findall(page.partition("### From stored vectors")[0])
    }

    measured = accuracy().labels
    assert told == {name: (one.positives, one.auc, one.chance) for name, one in measured.items()}
    assert f"The other {len(NAMES) - len(measured)} labels are *unmeasured*" in page
