"""Whatever others wrote, read: bytes of one kind go in, a draft comes out. CPU-bound, in a worker."""
