"""The store of vectors: one interface, on a folder (Milvus Lite) or a Milvus server."""
