"""What others put into the study folder, replaced there or removed, taken in."""
