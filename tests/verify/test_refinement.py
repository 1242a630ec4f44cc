from hypothesis import given
from hypothesis import strategies as st

from awm.verify.refinement import colours_of


def alike(one, other) -> bool:
    colours = colours_of([one, other])
    return sorted(colours[0]) == sorted(colours[1])


def orders(*lines: str) -> list:
    """An order for each argument, each with a line for each letter."""
    rows = [("order", {}) for _ in lines]
    return rows + [
        (letter, {"order": place}) for place, letters in enumerate(lines) for letter in letters
    ]


def test_rows_of_equal_content_are_alike():
    assert alike([("a", {}), ("b", {})], [("b", {}), ("a", {})])


def test_rows_of_other_content_or_number_are_not():
    assert not alike([("a", {})], [("b", {})])
    assert not alike([("a", {}), ("a", {})], [("a", {})])


def test_orders_whose_lines_were_swapped_are_told_apart():
    assert alike(orders("ab", "cd"), orders("dc", "ba"))
    assert not alike(orders("ab", "cd"), orders("ac", "bd"))


def test_a_row_that_names_two_others_holds_them_together():
    ends = [("p", {}), ("P", {}), ("q", {}), ("Q", {})]
    straight = [*ends, ("pair", {"x": 0, "y": 2}), ("pair", {"x": 1, "y": 3})]
    crossed = [*ends, ("pair", {"x": 0, "y": 3}), ("pair", {"x": 1, "y": 2})]
    assert not alike(straight, crossed)


def test_what_lies_several_steps_away_counts():
    def chain(end: str) -> list:
        return [("row", {"next": place + 1}) for place in range(6)] + [(end, {})]

    assert not alike([*chain("x"), ("y", {})], [*chain("y"), ("x", {})])


def test_the_column_counts_through_which_a_row_is_named():
    assert not alike([("a", {"from": 1}), ("b", {})], [("a", {"to": 1}), ("b", {})])


@st.composite
def graphs(draw) -> list:
    count = draw(st.integers(1, 7))
    return [
        (
            draw(st.sampled_from("ab")),
            draw(st.dictionaries(st.sampled_from("xy"), st.integers(0, count - 1), max_size=2)),
        )
        for _ in range(count)
    ]


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, random):
    order = [*range(len(rows))]
    random.shuffle(order)
    moved = [
        (rows[old][0], {column: order.index(place) for column, place in rows[old][1].items()})
        for old in order
    ]
    assert alike(rows, moved)


@given(graphs(), st.data())
def test_one_row_of_other_content_is_always_seen(rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    other = [*rows]
    other[place] = ("c", rows[place][1])
    assert not alike(rows, other)
