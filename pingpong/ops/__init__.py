"""Operating pingpong: health, and the embedded servers and the runner of `make run`."""
