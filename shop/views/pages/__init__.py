"""The pages of the shop, one module for each family."""
