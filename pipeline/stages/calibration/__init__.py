"""Scores made probabilities: a curve for each layer, learned on pens that the taggers had not seen."""
