"""Text as text: words, names, sentences, languages, dates. Nothing here knows of articles that are stored, or of models."""
