"""What is learned on top of an encoder's vectors, and the rows it is learned from (``data/``)."""
