"""Settings of the unix socket for uploads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import SecretStr, field_validator
from pydantic_settings import NoDecode

from contract.settings import MAX_SOCKET_PATH, MeshSettings, expanded, home, setting
from gateway.upload.endpoints import normal_endpoint

#: The value of NAVIDROME_EMBED_SOCKET that disables the socket.
OFF: Final = "off"


class UploadSocketSettings(MeshSettings):
    """The path and limits of the upload socket, and the key for endpoints that name uploads."""

    embed_socket: str = setting(
        "NAVIDROME_EMBED_SOCKET", "/tmp/navidrome_embed.sock", "unix socket of uploads; off: none"
    )
    embed_socket_mode: int = setting(
        "SONICMESH_EMBED_SOCKET_MODE", 0o600, "permissions of the unix socket, octal: 0600, or 0660 for its group"
    )
    upload_seconds: float = setting(
        "SONICMESH_UPLOAD_SECONDS", 900.0, "seconds that one upload may take, waiting included", gt=5, le=86400
    )
    upload_line_bytes: int = setting(
        "SONICMESH_UPLOAD_LINE_BYTES", 64 * 1024, "longest request line on the socket, in bytes", ge=1024, le=2**24
    )
    upload_line_seconds: float = setting(
        "SONICMESH_UPLOAD_LINE_SECONDS", 10.0, "seconds that a request line may take to arrive", gt=0, le=600
    )
    upload_connections: int = setting("SONICMESH_UPLOAD_CONNECTIONS", 64, "most connections to the socket", ge=1)
    uploads_at_once: int = setting("SONICMESH_UPLOADS_AT_ONCE", 4, "uploads processed at once; others wait", ge=1, le=8)
    openai_key: SecretStr | None = setting(
        "SONICMESH_OPENAI_KEY", None, "key for the endpoint that names uploads; sent only to those listed"
    )
    openai_endpoints: Annotated[tuple[str, ...], NoDecode] = setting(
        "SONICMESH_OPENAI_ENDPOINTS", (), "endpoints that are sent the key, separated by commas"
    )

    @field_validator("embed_socket")
    @classmethod
    def _socket_short_enough(cls, value: str) -> str:
        if value.lower() == OFF:
            return OFF
        path = expanded(Path(value))
        path = path if path.is_absolute() else home() / path
        if len(os.fsencode(path)) > MAX_SOCKET_PATH:
            raise ValueError(
                f"the path of a unix socket may have at most {MAX_SOCKET_PATH} bytes; choose a shorter one"
            )
        return str(path)

    @field_validator("embed_socket_mode", mode="before")
    @classmethod
    def _mode_octal(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            mode = int(value, 8)
        except ValueError:
            mode = -1
        if not 0o600 <= mode <= 0o777 or mode & 0o600 != 0o600:
            raise ValueError("expected an octal mode that lets this user read and write, such as 0600 or 0660")
        return mode

    # Validators need unique names: one of the same name in a subclass would replace it.
    @field_validator("openai_endpoints", mode="before")
    @classmethod
    def _endpoints_listed(cls, value: Any) -> Any:
        return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value

    @field_validator("openai_endpoints")
    @classmethod
    def _endpoints_normal(cls, endpoints: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(normal_endpoint(endpoint) for endpoint in endpoints)
