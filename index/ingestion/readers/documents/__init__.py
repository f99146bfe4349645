"""Files that people have beside pages, Markdown and PDF: office files, books, notes, mails, subtitles, and tables of articles."""
