"""Families: an elder's consent, one-time links, what happened in plain facts, and what a family says about a visit."""
