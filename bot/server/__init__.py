"""``shipdate serve``: the process, its health, its logs, and the doctor."""
