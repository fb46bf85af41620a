"""How long a test waits for what hangs."""

HANG = 3600  # seconds; a machine ten times slower, or with ten times as much to do, stays far below
