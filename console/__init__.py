"""The terminal bank: a client of the running bank, for customers and bankers."""
