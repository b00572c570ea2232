"""The header that shows that the page itself sent a change."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from contract.errors import Forbidden
from gateway.session.same_origin import CSRF_HEADER, is_valid_for
from gateway.session.session import Session

SESSION = Session.new(1_800_000_000.0)


def test_the_sessions_secret_shows_it() -> None:
    assert is_valid_for(make_mocked_request("PUT", "/", {CSRF_HEADER: SESSION.csrf}), SESSION)


@pytest.mark.parametrize("given", ["", "guessed"])
def test_anything_else_does_not(given: str) -> None:
    with pytest.raises(Forbidden, match=CSRF_HEADER):
        is_valid_for(make_mocked_request("PUT", "/", {CSRF_HEADER: given}), SESSION)
