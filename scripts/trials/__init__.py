"""What scripts/chaos.py does to a server."""
