"""An experiment that a user adds: what was measured in it, in words, and its runs beside one another."""
