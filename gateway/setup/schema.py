"""The schema of `/api/recommendations/setup`."""

from __future__ import annotations

from pydantic import Field

from gateway.http.schema import ResponseBody


class SetupState(ResponseBody):
    """Whether the first run is still to come."""

    needed: bool = Field(description="whether no database is named in the environment, `.env` or the data folder")
    open: bool = Field(description="whether the caller may do it: on this machine, with the code or the token")
