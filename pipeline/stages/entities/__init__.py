"""Laws by grammar and classifier, agencies and measures by a trained character tagger."""
