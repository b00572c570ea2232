"""What the rooms say to each other, as types. It imports nothing of ours, and nothing heavy.

One file a service (`search`, `library`, `embedding`, `worker`, `mesh`) with its operations; `events`, `errors` and
`warnings` with every topic and code; `settings` with what more than one room reads.
"""

#: Version of everything in this folder. A worker of another one is refused when it registers. 1 was before there were
#: types.
VERSION = 2
