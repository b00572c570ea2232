"""`python -m reference`: writes what the code determines: `docs/reference/`, and parts of the plugin and console.

A tool of the repository; nothing at run time imports it.
"""
