"""What the number of samples does: the factor 1/m, and how many data sets are nearly orthogonal."""
