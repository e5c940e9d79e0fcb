"""Mutation testing: the bank's own tests must notice every small fault put into its rules."""
