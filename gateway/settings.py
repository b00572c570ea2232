"""Settings of the gateway. Navidrome's pages expect the two ports and the names without `SONICMESH_`."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import NoDecode

from contract.settings import DatabaseSettings, TextEmbeddingSettings, setting
from contract.text import has_control
from gateway.session.settings import SessionSettings
from gateway.token_file import VARIABLE as TOKEN_FILE
from gateway.token_file import TokenFileSettings, read_token
from gateway.upload.settings import UploadSocketSettings

#: The variable that holds the token.
TOKEN: Final = "SONICMESH_TOKEN"
#: Shortest token, in characters: shorter ones can be guessed.
SHORTEST_TOKEN: Final = 8
#: An origin as browsers send it, and the name of a header.
ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
HEADER: Final = re.compile(r"[A-Za-z0-9-]+")
#: A name or address with or without a port; IPv6 needs brackets if there is a port.
HOST: Final = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[\w.-]+|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*))(?::(?P<port>[0-9]{0,5}))?",
    re.ASCII,
)
#: Largest TCP port number.
LAST_PORT: Final = 65535


class GatewaySettings(
    UploadSocketSettings, TokenFileSettings, SessionSettings, DatabaseSettings, TextEmbeddingSettings
):
    """Addresses, token and limits of the HTTP side."""

    port: int = setting("NAVIDROME_RECOMMENDER_PORT", 9002, "HTTP port", ge=1, le=LAST_PORT)
    text_port: int = setting(
        "TEXT_EMBEDDING_PORT", 9003, "HTTP port that serves text embedding only", ge=1, le=LAST_PORT
    )
    token: SecretStr | None = setting(
        TOKEN, None, "required of every caller once set (as Bearer token or Basic password)"
    )
    host: str = setting("SONICMESH_HOST", "127.0.0.1", "address to listen on; beyond loopback a token is needed")
    debug: bool = setting("NAVIDROME_RECOMMENDER_DEBUG", False, "log at debug level")
    body_bytes: int = setting(
        "SONICMESH_BODY_BYTES", 16 * 1024 * 1024, "largest request body in bytes", ge=1024, le=1024**3
    )
    bodies_bytes: int = setting(
        "SONICMESH_BODIES_BYTES", 64 * 1024 * 1024, "bytes of all large request bodies that are held at once", ge=1024
    )
    body_seconds: float = setting(
        "SONICMESH_BODY_SECONDS", 10.0, "seconds that a request body may take to arrive", gt=0, le=600
    )
    playlist_seconds: float = setting(
        "SONICMESH_PLAYLIST_SECONDS", 4.5, "deadline of a playlist; Navidrome's client gives up after 5", gt=0, le=600
    )
    text_budget: float = setting(
        "SONICMESH_TEXT_BUDGET_S", 2.0, "seconds that a playlist waits for texts to be embedded", ge=0, le=60
    )
    text_seconds: float = setting("SONICMESH_TEXT_SECONDS", 25.0, "deadline of /embed_text", gt=0, le=600)
    rate_per_user: float = setting(
        "SONICMESH_RATE_PER_USER", 20.0, "playlists per second of one user, on average; 0: no limit", ge=0
    )
    rate_burst: int = setting("SONICMESH_RATE_BURST", 100, "playlists of one user at once", ge=1)
    rate_per_address: float = setting(
        "SONICMESH_RATE_PER_ADDRESS",
        100.0,
        "playlists per second from one address, whatever users it names, on average; 0: no limit",
        ge=0,
    )
    rate_address_burst: int = setting("SONICMESH_RATE_ADDRESS_BURST", 500, "playlists from one address at once", ge=1)
    navidrome_url: str = Field(
        "http://127.0.0.1:4533",
        validation_alias=AliasChoices("NAVIDROME_URL", "SONICMESH_NAVIDROME_URL"),
        description="address of Navidrome, which is asked who is calling",
    )
    navidrome_seconds: float = setting(
        "SONICMESH_NAVIDROME_SECONDS", 10.0, "seconds that Navidrome may take for an answer", gt=0, le=600
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_CORS_ORIGINS", (), "pages that may call, by origin: https://music.example.org,http://nas:4533"
    )
    proxy_user_header: str = setting(
        "SONICMESH_PROXY_USER_HEADER", "", "header in which a reverse proxy names the user, such as Remote-User"
    )
    proxy_trusted: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = setting(
        "SONICMESH_PROXY_TRUSTED",
        (),
        "addresses or networks of trusted proxies: 10.0.0.2,172.16.0.0/12",
        validate_default=True,
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_ALLOWED_HOSTS",
        (),
        "host names beside the loopback's that the mesh serves without a token: music.lan,nas:8080",
    )
    event_clients: int = setting("SONICMESH_EVENT_CLIENTS", 100, "most listeners to /events", ge=0)
    connections: int = setting(
        "SONICMESH_CONNECTIONS", 2000, "most HTTP connections, within the limit of open files", ge=8
    )
    connections_per_address: int = setting(
        "SONICMESH_CONNECTIONS_PER_ADDRESS",
        500,
        "most HTTP connections (through a proxy: requests) from one address",
        ge=4,
    )
    header_seconds: float = setting(
        "SONICMESH_HEADER_SECONDS", 10.0, "seconds that the head of a request may take to arrive", gt=0, le=600
    )

    @model_validator(mode="before")
    @classmethod
    def _token_from_its_file(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Read the token from its file unless SONICMESH_TOKEN is set."""
        file = values.get(TOKEN_FILE)
        if file and not values.get(TOKEN) and not has_control(str(file)):
            return values | {TOKEN: read_token(Path(file))}
        return values

    @field_validator("token")
    @classmethod
    def _token_is_worth_its_name(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        value = token.get_secret_value()
        if len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(f"a token must have at least {SHORTEST_TOKEN} printable ASCII characters and no spaces")
        return token

    @field_validator("cors_origins", "proxy_trusted", "allowed_hosts", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin such as https://music.example.org (no path, no *)")
        return tuple(origin.lower() for origin in origins)

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if split_host(host) is None:
                raise ValueError(f"{host!r} is not a name such as music.lan or nas:8080 (no http://, no path, no *)")
        return hosts

    @field_validator("bodies_bytes")
    @classmethod
    def _one_body_fits(cls, total: int, info: ValidationInfo) -> int:
        if total < info.data.get("body_bytes", 0):
            raise ValueError("a single body may be larger (SONICMESH_BODY_BYTES)")
        return total

    @field_validator("navidrome_url")
    @classmethod
    def _http(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise ValueError("expected an address such as http://127.0.0.1:4533")
        return url.rstrip("/")

    @field_validator("proxy_user_header")
    @classmethod
    def _header(cls, name: str) -> str:
        if name and not HEADER.fullmatch(name):
            raise ValueError("expected the name of a header such as Remote-User")
        return name

    @field_validator("proxy_trusted")
    @classmethod
    def _proxies(
        cls, trusted: tuple[IPv4Network | IPv6Network, ...], info: ValidationInfo
    ) -> tuple[IPv4Network | IPv6Network, ...]:
        if info.data.get("proxy_user_header") and not trusted:
            raise ValueError("SONICMESH_PROXY_USER_HEADER is set: name the proxies that may send it")
        return trusted

    @field_validator("text_port")
    @classmethod
    def _two_ports(cls, port: int, info: ValidationInfo) -> int:
        if port == info.data.get("port"):
            raise ValueError("NAVIDROME_RECOMMENDER_PORT is the same; choose two different ports")
        return port

    @field_validator("host")
    @classmethod
    def _bound_safely(cls, host: str, info: ValidationInfo) -> str:
        if info.data.get("token", host) is None and not is_loopback_host(host):
            raise ValueError("other machines can reach this address: set SONICMESH_TOKEN as well")
        return host


def split_host(host: str) -> tuple[str, str] | None:
    """Return the lower-case name and the port ("" if none) of a `Host`; None if it is invalid."""
    match = HOST.fullmatch(host.strip())
    if match is None:
        return None
    return (match["six"] or match["name"]).lower().removesuffix("."), match["port"] or ""


def is_loopback_host(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
