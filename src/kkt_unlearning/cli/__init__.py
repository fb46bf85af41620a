"""The command ``kkt-unlearning``: the audit of a network in files."""
