"""The (ε, δ, τ) certificate of an unlearned network, and the bounds that it is held against."""

from kkt_unlearning.certificates.certificate import Certificate, certify

__all__ = ["Certificate", "certify"]
