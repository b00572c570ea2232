"""Settings of the gateway. The two ports and the names without `SONICMESH_` are those that Navidrome's pages know."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

from pydantic import SecretStr, ValidationInfo, field_validator

from broker.settings import setting
from gateway.upload.settings import UploadSocketSettings

#: A token shorter than this can be guessed, in characters.
SHORTEST_TOKEN = 8
#: Largest TCP port number.
LAST_PORT = 65535


class GatewaySettings(UploadSocketSettings):
    """Addresses, token and limits of the HTTP side."""

    port: int = setting("NAVIDROME_RECOMMENDER_PORT", 9002, "HTTP port", ge=1, le=LAST_PORT)
    text_port: int = setting("TEXT_EMBEDDING_PORT", 9003, "HTTP port of text embedding alone", ge=1, le=LAST_PORT)
    token: SecretStr | None = setting(
        "SONICMESH_TOKEN", None, "asked of every caller once set (Bearer, or the password of Basic)"
    )
    host: str = setting("SONICMESH_HOST", "127.0.0.1", "address to listen on; beyond loopback a token is needed")
    debug: bool = setting("NAVIDROME_RECOMMENDER_DEBUG", False, "log at debug level")
    checkpoint_dir: Path = setting("TEXT_EMBEDDING_CHECKPOINT_DIR", Path("checkpoints"), "folder of model weights")
    use_stubs: bool = setting("TEXT_EMBEDDING_USE_STUBS", False, "answer text with marked stand-in vectors")
    device: str = setting("TEXT_EMBEDDING_DEVICE", "auto", "auto, cpu, cuda or cuda:N")
    body_bytes: int = setting(
        "SONICMESH_BODY_BYTES", 16 * 1024 * 1024, "largest request body in bytes", ge=1024, le=1024**3
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
        "SONICMESH_RATE_PER_USER", 20.0, "playlists a second of one user, in the long run; 0: no limit", ge=0
    )
    rate_burst: int = setting("SONICMESH_RATE_BURST", 100, "playlists of one user at once", ge=1)
    event_clients: int = setting("SONICMESH_EVENT_CLIENTS", 100, "most listeners to /events", ge=0)

    @field_validator("checkpoint_dir")
    @classmethod
    def _checkpoints_below_home(cls, path: Path) -> Path:
        return cls._below_home(path)

    @field_validator("token")
    @classmethod
    def _token_is_worth_its_name(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None:
            return None
        value = token.get_secret_value()
        if len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError(f"a token has at least {SHORTEST_TOKEN} printable ASCII characters and no spaces")
        return token

    @field_validator("text_port")
    @classmethod
    def _two_ports(cls, port: int, info: ValidationInfo) -> int:
        if port == info.data.get("port"):
            raise ValueError("this is NAVIDROME_RECOMMENDER_PORT as well; choose two ports")
        return port

    @field_validator("host")
    @classmethod
    def _bound_safely(cls, host: str, info: ValidationInfo) -> str:
        if info.data.get("token", host) is None and not is_loopback_host(host):
            raise ValueError("other machines can reach this address: set SONICMESH_TOKEN as well")
        return host


def is_loopback_host(host: str) -> bool:
    """Whether only this machine can reach what listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
