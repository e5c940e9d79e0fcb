"""The pages as a browser without scripts meets them."""
