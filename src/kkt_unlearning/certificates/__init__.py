"""The (ε, δ, τ) certificate of an unlearned network, and the bounds that it is held against."""
