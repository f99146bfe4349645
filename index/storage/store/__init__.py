"""Where articles, passages and vectors are kept."""
