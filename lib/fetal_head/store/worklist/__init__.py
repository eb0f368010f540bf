"""Which images there are to do, for whom, and who works on which."""
