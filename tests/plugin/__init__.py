"""The built plugin in its real runtime, with Navidrome played by the test and a real mesh behind."""
