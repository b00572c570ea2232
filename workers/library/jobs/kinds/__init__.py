"""What jobs there are: a kind of job is one file."""
