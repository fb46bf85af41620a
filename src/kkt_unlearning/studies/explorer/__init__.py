"""The explorer: one HTML page on the result tables, to be opened from a disk, without a server."""
