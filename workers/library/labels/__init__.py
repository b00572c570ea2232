"""Labels of tracks and facts about their sound, as the library keeps and serves them."""
