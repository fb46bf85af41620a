"""Membership inference: who can tell a forgotten sample from one that was never trained on.

Every attack is a score, larger for a supposed member. ``docs/questions/membership.md``.
"""
