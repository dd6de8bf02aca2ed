"""Canonical names, ranks and levels of entities."""
