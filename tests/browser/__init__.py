"""The websites in a real browser, on a bank that runs as a person starts it."""
