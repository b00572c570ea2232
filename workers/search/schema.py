"""The schema and the index of a collection on a Milvus server."""

from __future__ import annotations

from typing import Any

from workers.search.index.graph import GraphSettings

VECTOR = "embedding"
#: Longest string of a column, in bytes.
MAX_LENGTH = 4096
TEXTS = ("artist_id", "album_id", "audio_id", "model_id", "title", "artist")


def make_schema(client: Any, dimension: int) -> Any:
    """Columns of a row and its vector."""
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("track_id", DataType.VARCHAR, max_length=MAX_LENGTH, is_primary=True)
    for name in TEXTS:
        schema.add_field(name, DataType.VARCHAR, max_length=MAX_LENGTH)
    schema.add_field("library_id", DataType.INT64)
    schema.add_field("duration", DataType.DOUBLE)
    schema.add_field("embedded_at", DataType.DOUBLE)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    return schema


def add_index(client: Any, graph: GraphSettings) -> Any:
    """HNSW by cosine."""
    parameters = client.prepare_index_params()
    parameters.add_index(
        field_name=VECTOR,
        index_type="HNSW",
        metric_type="COSINE",
        params={"M": graph.m, "efConstruction": graph.ef_construction},
    )
    return parameters
