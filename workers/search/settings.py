"""Settings of the search worker."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import field_validator

from contract.settings import expanded, home, setting
from workers.runtime.settings import WorkerSettings
from workers.search.store.index.graph import GraphSettings

#: Folder of the embedded store inside the data folder.
STORE_NAME: Final = "milvus.db"


class SearchSettings(WorkerSettings):
    """Where the vectors are and how they are searched."""

    uri: str = setting(
        "NAVIDROME_MILVUS_URI", "", "vector store: a folder, or http://HOST:19530; empty: milvus.db in the data folder"
    )
    mert_index_dim: int = setting(
        "SONICMESH_MERT_INDEX_DIM",
        4096,
        "dimension to which longer vectors are projected before they are stored",
        ge=64,
        le=32_768,
    )
    top_k_multiplier: int = setting(
        "SONICMESH_TOP_K_MULTIPLIER", 3, "candidates fetched per seed, as a multiple of the limit", ge=1, le=100
    )
    min_similarity: float = setting(
        "SONICMESH_MIN_SIMILARITY", 0.0, "lowest calibrated score of a result; 0: off", ge=0, le=1
    )
    hnsw_m: int = setting("SONICMESH_HNSW_M", 50, "neighbours per node of the search graph", ge=4, le=128)
    hnsw_ef_construction: int = setting(
        "SONICMESH_HNSW_EF_CONSTRUCTION", 250, "how widely the graph is searched while it is built", ge=16, le=2000
    )
    hnsw_ef: int = setting(
        "SONICMESH_HNSW_EF", 128, "how widely the graph is searched; more: slower and more exact", ge=16, le=4096
    )
    flat_values: int = setting(
        "SONICMESH_FLAT_VALUES",
        12_000_000,
        "rows x dimension up to which every search compares all vectors, exactly",
        ge=0,
    )
    slow_query_ms: float = setting(
        "SONICMESH_SLOW_QUERY_MS", 500.0, "milliseconds above which a search is logged as SLOW_QUERY", ge=0
    )

    @field_validator("uri")
    @classmethod
    def _known_kind(cls, uri: str) -> str:
        if "://" in uri and not uri.startswith(("http://", "https://")):
            raise ValueError("expected a folder or an http:// address")
        return uri if "://" in uri or not uri else str(expanded(Path(uri)))

    @property
    def store_path(self) -> Path:
        """Folder of the embedded store."""
        path = Path(self.uri) if self.uri else self.data / STORE_NAME
        return path if path.is_absolute() else home() / path

    @property
    def graph(self) -> GraphSettings:
        """Parameters of the index in memory."""
        return GraphSettings(self.hnsw_m, self.hnsw_ef_construction, self.hnsw_ef, self.flat_values)
