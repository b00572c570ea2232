"""The processes that do the work: model workers, search, library. They know nothing of HTTP."""
