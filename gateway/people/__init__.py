"""Lists for the people of a Navidrome: who is calling, what they may see, what they get."""
