"""What is answered over HTTP, a file for each thing that is asked for."""
