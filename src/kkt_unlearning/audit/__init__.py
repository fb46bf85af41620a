"""The audit of a network of the user's own, in four verbs: kkt, each, unlearn, certify.

Each takes the network as a :class:`Model` and its training data; arrays may be of any library that follows
the array API standard, and what comes back is in the one of X.
"""

from kkt_unlearning.audit.certification import Certification, End, Limits, certify
from kkt_unlearning.audit.each import Each, each
from kkt_unlearning.audit.forgetting import Forgotten, unlearn
from kkt_unlearning.audit.model import Model
from kkt_unlearning.audit.nearness import Nearness, kkt
from kkt_unlearning.audit.removal import Removal
from kkt_unlearning.audit.step import Step

__all__ = [
    "Certification",
    "Each",
    "End",
    "Forgotten",
    "Limits",
    "Model",
    "Nearness",
    "Removal",
    "Step",
    "certify",
    "each",
    "kkt",
    "unlearn",
]
