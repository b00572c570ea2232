"""The mesh itself: wire format, ROUTER broker, event channel, clients. It knows nothing about music."""
