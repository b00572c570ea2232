"""Text for models without a text side: learn a map from the words in a library's tags to its tracks' vectors."""
