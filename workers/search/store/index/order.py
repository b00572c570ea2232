"""Track ids in order, for whoever reads a table page by page: sorted once, not for every page."""

from __future__ import annotations

from bisect import bisect_right

from workers.search.store.index.table import RowTable


class Order:
    """The ids of one table, sorted when they are first asked for and after a change. Not thread-safe."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._of: tuple[RowTable | None, int, int] = (None, 0, 0)

    def page(self, table: RowTable, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """At most `limit` ids from behind `after`, and the next page's `after`. With the last page they are let go."""
        # Every row that is put takes a new slot, and without one ids only go: equal numbers mean equal ids.
        state = (table, table.size, len(table))
        if state != self._of:
            self._ids, self._of = sorted(table.track_ids()), state
        start = 0 if after is None else bisect_right(self._ids, after)
        ids = self._ids[start : start + limit]
        if start + limit < len(self._ids):
            return ids, ids[-1]
        self._ids, self._of = [], (None, 0, 0)
        return ids, None
