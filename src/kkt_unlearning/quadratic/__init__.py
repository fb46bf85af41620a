"""The concave quadratic program behind KKT points and certificates, and the two ways to solve it."""
