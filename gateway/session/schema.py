"""Schemas of `/api/recommendations/session`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr, model_validator

from contract.fields import MAX_NAME
from gateway.http.schema import RequestBody, ResponseBody

#: Longest password or token, in characters.
MAX_SECRET: Final = 1_000

Secret = Annotated[SecretStr, Field(min_length=1, max_length=MAX_SECRET)]


class SignIn(RequestBody):
    """A Navidrome account, the mesh's token, or the one-time code of the first run."""

    user_name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | None = None
    password: Secret | None = None
    token: Secret | None = Field(None, description="of the mesh (SONICMESH_TOKEN): signs an operator in")
    code: Secret | None = Field(None, description="printed by a mesh that is not set up: signs an operator in")

    @model_validator(mode="after")
    def _one_way(self) -> SignIn:
        account = self.user_name is not None and self.password is not None
        if [account, self.token is not None, self.code is not None].count(True) != 1:
            raise ValueError("user_name and password are expected, or token, or code")
        return self


class NavidromeState(ResponseBody):
    """Navidrome, as the gateway sees it."""

    reachable: bool


class Open(ResponseBody):
    """Which parts of the console the caller may use now."""

    people: bool = Field(description="lists, playlists, covers, audio, settings: what needs a person")
    admin: bool = Field(description="api/recommendations/admin/*")


class SessionState(ResponseBody):
    """Who the caller is, and what is open to them. Times are unix seconds."""

    signed_in: bool
    name: str | None = Field(description="of the person in Navidrome; null: nobody, or an operator")
    admin: bool = Field(description="whether Navidrome says that the person is an admin")
    operator: bool = Field(description="whether they gave the mesh's token, or sit at this machine")
    via: Literal["session", "proxy", "token", "loopback", "login"] | None
    expires_at: float | None = Field(description="when the session ends if it is not used again")
    csrf: str = Field(description="value of X-Sonicmesh-Csrf; empty without a session")
    base_path: str
    version: str
    started_at: float = Field(description="when the gateway started")
    navidrome: NavidromeState
    open: Open
    set_up: bool = Field(description="whether Navidrome's database is known; if not, the page is that of the first run")
    sign_in: list[Literal["password", "token"]] = Field(description="ways to sign in that can succeed now")
    warnings: list[str]
