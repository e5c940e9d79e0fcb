"""The shop's controllers: what a shopkeeper would argue about."""
