"""The study folder of a running server."""
