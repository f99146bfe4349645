"""From the world to articles: files, web pages, feeds."""
