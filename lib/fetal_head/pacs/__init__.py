"""A PACS as the study: its ultrasound images come into a study folder, labels go back to it."""
