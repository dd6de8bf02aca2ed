"""The stages of the pipeline, one folder each: a spaCy factory, pure logic, and knowledge as data files."""
