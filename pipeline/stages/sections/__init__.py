"""The section tree: headings, openings, closings, front and back matter."""
