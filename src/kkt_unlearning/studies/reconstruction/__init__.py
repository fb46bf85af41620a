"""What of a forgotten sample can be reconstructed."""
