"""What stands above a post's text: front matter in its dialects, and the metadata in it."""
