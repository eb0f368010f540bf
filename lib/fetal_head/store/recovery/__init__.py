"""A copy from which a study can be made again, and what differs between its database and its files."""
