"""The shop's models: what is kept, and the only ones who know MongoDB."""
