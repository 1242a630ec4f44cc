"""Tells rows apart that differ only in what they point at, by colour refinement.

An added row has no name that means anything, so two tellings of the same deed can only be compared
up to the choice of names. Colour refinement (also known after Weisfeiler and Leman) decides that in
the way people do: rows of different content differ, and so do rows of equal content that point at
different rows, or are pointed at by different rows, and so on until nothing more comes of it.

What it cannot tell apart are structures in which every row looks alike from within, such as two
rings of three rows of equal content and one ring of six. A world would have to be built for that.

`awm.verify.colours` does the same for whole effects and tells where they differ. This is the least
of it, and a property test holds the two together (tests/verify/test_compiling.py).

The part below the line is plain Python without imports: compiled verifiers contain it as it stands
(see `awm.verify.compiling`).
"""

__all__ = ["colours_of"]

# ---- refinement ----


def colours_of(
    sides: list[list[tuple[object, dict[str, int]]]],
) -> list[list[int]]:
    """Give rows numbers such that exactly those that play the same part share one.

    Each side is a list of rows, and each row a pair: what is known of it by itself (anything
    hashable), and the places in the list of the rows that it points at, by column. The numbers
    hold across sides, but mean nothing beyond being equal or not.
    """
    colours = [[known for known, _ in rows] for rows in sides]
    found = 0
    while True:
        palette: dict[object, int] = {}
        numbers = [
            [palette.setdefault(colour, len(palette)) for colour in side] for side in colours
        ]
        if len(palette) == found:  # the last round told no more rows apart
            return numbers
        found = len(palette)
        colours = [_refined(rows, side) for rows, side in zip(sides, numbers, strict=True)]


def _refined(rows: list[tuple[object, dict[str, int]]], numbers: list[int]) -> list[object]:
    """What is known of each row once it has looked at its neighbours."""
    pointed_at: list[list[tuple[str, int]]] = [[] for _ in rows]
    for number, (_, links) in zip(numbers, rows, strict=True):
        for column, place in links.items():
            pointed_at[place].append((column, number))
    return [
        (
            number,
            tuple(sorted((column, numbers[place]) for column, place in links.items())),
            tuple(sorted(neighbours)),
        )
        for number, (_, links), neighbours in zip(numbers, rows, pointed_at, strict=True)
    ]
