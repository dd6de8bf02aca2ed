"""Training of every learned part from labelled reports. Stands beside the runner, not under it."""
