"""The types of everything that passes between processes. Imports none of our packages and nothing heavy.

One file per service (`search`, `library`, `embedding`, `worker`, `mesh`) with its operations; `events`, `errors` and
`warnings` with every topic and code; `settings` with what more than one package reads.
"""

#: Version of everything in this folder. The broker refuses to register a worker of another version. Version 1 predates
#: the types.
VERSION = 2
