"""The loaded encoder at work: threads, batches, and who comes first."""
