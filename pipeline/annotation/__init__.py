"""Notes that people write and correct, compiled to gold records."""
