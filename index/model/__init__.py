"""The nouns of Shipdate: frozen, typed, and free of files, databases and clocks. Every other room may import them; they import nothing."""
