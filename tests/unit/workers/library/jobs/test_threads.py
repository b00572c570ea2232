"""Which kinds of jobs run beside each other."""

from __future__ import annotations

from workers.library.jobs.kinds.backup import Backup
from workers.library.jobs.kinds.embed import Embed
from workers.library.jobs.kinds.kind import VECTORS
from workers.library.jobs.kinds.label import Label
from workers.library.jobs.kinds.migrate_ids import MigrateIds
from workers.library.jobs.kinds.prune import Prune
from workers.library.jobs.kinds.train_text import TrainText


def test_jobs_that_change_vectors_wait_for_each_other_only() -> None:
    assert {kind.thread for kind in (Embed, MigrateIds, Prune)} == {VECTORS}
    assert len({VECTORS, Backup.thread, Label.thread, TrainText.thread}) == 4
