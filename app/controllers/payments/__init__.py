"""Payments at shops: merchants ask for them as intents, customers confirm with number and PIN."""
