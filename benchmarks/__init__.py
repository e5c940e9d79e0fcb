"""The speed claims of the README, each with the command that repeats it."""
