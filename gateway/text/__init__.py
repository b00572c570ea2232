"""`POST /embed_text`: the vectors of texts, and the choice of the model that reads them."""
