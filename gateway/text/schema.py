"""`POST /embed_text`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.fields import MAX_TEXT, ModelName
from contract.warnings import WarningCode
from gateway.http.schema import RequestBody, ResponseBody


class TextRequest(RequestBody):
    """A text, and the model in whose space to embed it."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    model: ModelName = "muq"
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="base64: the embedding is base64 of little-endian float32"
    )


class TextEmbedding(ResponseBody):
    """The vector, in the dimension of the model's stored vectors."""

    embedding: list[float] | str
    model: str = Field(description="the model that read the text")
    dimension: int
    is_stub: bool = Field(description="a stand-in, only with TEXT_EMBEDDING_USE_STUBS=true")
    warnings: list[str] | None = Field(
        None, description="which model read the text instead of the one asked for, and what the vector does not hold"
    )
    warning_codes: list[WarningCode] | None = Field(None, description="the code of each warning, in the same order")


class TextHealth(ResponseBody):
    """`GET /health` of the text port."""

    status: Literal["healthy"]
    device: str
    checkpoint_dir: str
    use_stubs: bool
