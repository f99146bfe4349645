"""Text to vectors: a sentence-transformers model, and the engines that run it."""
