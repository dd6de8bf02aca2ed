"""Quantities: numbers with value, unit and bound, by a grammar."""
