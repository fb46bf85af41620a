"""The audit of a network of the user's own, in three verbs: how near a KKT point, unlearn, certify."""

from kkt_unlearning.audit.model import Model

__all__ = ["Model"]
