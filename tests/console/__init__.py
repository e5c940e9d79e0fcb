"""The terminal bank, in a real terminal and from scripts, against a real running bank."""
