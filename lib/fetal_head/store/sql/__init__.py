"""The database, its tables, and how they came to be what they are."""
