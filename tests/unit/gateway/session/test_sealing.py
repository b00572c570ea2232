"""Sessions as they are kept: sealed, and for a while."""

from __future__ import annotations

from gateway.session.session import Sealer, Session


def test_a_sealed_session_cannot_be_changed() -> None:
    sealer = Sealer(b"k" * 32)
    session = Session(1.0, 2.0, "secret", "alice", (("t", "x"), ("s", "y")), "d")
    sealed = sealer.seal(session)
    assert sealer.open(sealed) == session
    assert sealer.seal(session) != sealed
    for place in range(2, len(sealed) - 1, 7):
        letter = "A" if sealed[place] != "A" else "B"
        assert sealer.open(sealed[:place] + letter + sealed[place + 1 :]) is None
    assert Sealer(b"j" * 32).open(sealed) is None
    for odd in ("", "1.", "2." + sealed[2:], "1.é", "1." + "A" * 5000):
        assert sealer.open(odd) is None


def test_a_session_ends() -> None:
    session = Session(began=0.0, issued=0.0, csrf="c", user_name="alice")
    hour = 3600.0
    assert session.expires(24 * hour) == 24 * hour
    assert not session.is_stale(hour, 24 * hour) and session.is_stale(2 * hour, 24 * hour)
    assert session.renewed(100 * hour).expires(24 * hour) == 124 * hour
    assert session.renewed(140 * hour).expires(24 * hour) == 144 * hour, "however often it is used"
