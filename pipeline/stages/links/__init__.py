"""What each quantity counts (item), what was done to it (action), and whether it is a change."""
