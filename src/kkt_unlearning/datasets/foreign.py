"""Words of other people's files and servers, fit to stand in a sentence."""

LONGEST = 300  # characters


def one_line(found: object) -> str:
    """Its text on one line, cut short, with ``?`` for whatever a terminal would not show as it is."""
    words = " ".join(str(found).split())[:LONGEST]
    return "".join(character if character.isprintable() else "?" for character in words)
