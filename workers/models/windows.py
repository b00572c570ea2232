"""Where the windows of a track begin: one rule for every model that works window by window."""

from __future__ import annotations


def window_starts(samples: int, window: int, hop: int) -> list[int]:
    """Return the first sample of each window over a track of `samples`; all three counts are at the same rate.

    Starts are 0, hop, 2 hop, ... while a whole window fits. If that leaves samples at the end, one more window ends
    with the track. A track no longer than one window has the single start 0; the caller pads it.
    Raises `ValueError` unless all three counts are positive.
    """
    if samples <= 0 or window <= 0 or hop <= 0:
        raise ValueError(f"samples, window and hop must be positive, not samples={samples}, window={window}, hop={hop}")
    last = max(samples - window, 0)
    starts = list(range(0, last + 1, hop))
    if starts[-1] != last:
        starts.append(last)
    return starts
