"""Homogeneous ReLU networks of any depth: does unlearning by gradient ascent reach beyond two layers?

``docs/questions/depth.md``. Everything here is batched and in NumPy: leading axes are replicates and forget sets.
"""
