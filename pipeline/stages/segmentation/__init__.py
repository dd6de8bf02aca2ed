"""Word segmentation and sentences."""
