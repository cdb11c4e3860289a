"""From blocks to lines: what a section looks like before a platform is chosen."""
