"""The making of the neutral tree: Markdown and the HTML inside it, read, repaired and turned into nodes."""
