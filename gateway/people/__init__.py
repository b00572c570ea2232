"""Lists for Navidrome's users: who is calling, what they may see, and what they get."""
