"""The built plugin in its real runtime; the test plays Navidrome, and a real mesh answers."""
