"""Homogeneous ReLU networks of any depth: does unlearning by gradient ascent reach beyond two layers?

``docs/questions/depth.md``. All is in NumPy and batched: leading axes are replicates and forget sets.
"""
