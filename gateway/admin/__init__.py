"""`/api/recommendations/admin/*`: the operator's part of the console, for admins of Navidrome."""
