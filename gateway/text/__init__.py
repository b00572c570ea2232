"""`POST /embed_text`: vectors of texts, and which model reads them."""
