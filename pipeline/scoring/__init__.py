"""How right predictions are, layer by layer, as `record.md` of the project defines it."""
