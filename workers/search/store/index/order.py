"""Track ids in order, for reading a table page by page: sorted once, not for every page."""

from __future__ import annotations

from bisect import bisect_right

from workers.search.store.index.table import RowTable


class Order:
    """The ids of one table, sorted on first use and again after a change. Not thread-safe."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._of: tuple[RowTable | None, int, int] = (None, 0, 0)

    def page(self, table: RowTable, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Returns at most `limit` ids after `after`, and the next page's `after`. The last page frees the ids."""
        # Every row that is put takes a new slot, and otherwise ids can only disappear: equal counts mean equal ids.
        state = (table, table.size, len(table))
        if state != self._of:
            self._ids, self._of = sorted(table.track_ids()), state
        start = 0 if after is None else bisect_right(self._ids, after)
        ids = self._ids[start : start + limit]
        if start + limit < len(self._ids):
            return ids, ids[-1]
        self._ids, self._of = [], (None, 0, 0)
        return ids, None
