"""What each part of a report is about."""
