"""One module per figure: ``draw(tables) -> (figure, numbers drawn)``; no paths, no global state."""
