"""The vectors in memory and on disk: generations of FAISS files, made again from the database whenever they are missing or torn."""
