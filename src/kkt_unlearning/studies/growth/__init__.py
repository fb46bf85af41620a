"""How the numbers of the method grow with the number of samples."""
