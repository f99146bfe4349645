"""Where everything is kept: the database holds the truth, the vector index is a cache of it, the catalogue of products a file beside it."""
