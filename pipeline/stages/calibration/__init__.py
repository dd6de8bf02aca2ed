"""Scores that mean something: a probability for every entity, quantity link and topic."""
