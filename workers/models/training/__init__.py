"""Text for models that cannot read: a map from the words of a person's own tags to the vectors of their tracks."""
