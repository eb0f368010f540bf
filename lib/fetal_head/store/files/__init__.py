"""The files of a study folder: where they lie, what they tell, and how they change together with the database."""
