"""`python -m reference`: writes what is generated from the code: `docs/reference/`, and what Go and the page must know.

A tool of the repository; nothing that runs imports it.
"""
