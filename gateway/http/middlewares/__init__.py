"""Middlewares of every request, outermost first: trace, errors, cors, access."""
