"""What the rooms say to each other, as types. It imports nothing of ours."""
