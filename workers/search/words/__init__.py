"""Words: what a text asks for, and how well each track answers it, by labels, facts, tags and sound."""
