"""Exact KKT points of the max-margin problem: a convex solve in one activation cell, and pivoting."""
