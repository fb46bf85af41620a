"""How far the unlearned network is from the retrained one, beside how far two retrainings are apart."""
