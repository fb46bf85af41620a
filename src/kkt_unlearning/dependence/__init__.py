"""Descent-ascent on dependent forget and retain sets (arXiv 2509.26427), and the λ-sized step beside it."""
