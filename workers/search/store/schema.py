"""The schema of a collection on a Milvus server, and its index."""

from __future__ import annotations

from typing import Any, Final

from workers.search.store.index.graph import GraphSettings

VECTOR: Final = "embedding"
#: Longest string of a column, in bytes.
MAX_LENGTH: Final = 4096
TEXTS: Final = ("artist_id", "album_id", "audio_id", "model_id", "title", "artist")
FLAT, HNSW = "FLAT", "HNSW"
#: Values that a server compares in the time the embedded store takes for one.
SERVER_FACTOR: Final = 5


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


def index_for(graph: GraphSettings, values: int, now: str = FLAT) -> str:
    """Returns the index that suits this many stored values (rows x dimension), given the current index `now`.

    Milvus builds HNSW for segments that are full or flushed, of 1,024 rows or more. It searches all others, always
    including the newest rows, through an interim IVF index that no client can configure: 10,000 new rows had a recall
    of 0.63, 1,000 rows 0.90 permanently, and a narrow filter left almost nothing. FLAT has no interim index: it is
    always exact.
    """
    most = SERVER_FACTOR * graph.from_values
    return HNSW if values > (most / 2 if now == HNSW else most) else FLAT


def index_params(client: Any, graph: GraphSettings, kind: str) -> Any:
    """Parameters for the index `kind` by cosine, named after its column."""
    parameters = client.prepare_index_params()
    built = {"M": graph.m, "efConstruction": graph.ef_construction} if kind == HNSW else {}
    parameters.add_index(VECTOR, index_type=kind, index_name=VECTOR, metric_type="COSINE", params=built)
    return parameters
