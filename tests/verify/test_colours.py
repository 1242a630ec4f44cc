from awm.verify.colours import Colouring
from awm.verify.effects import Added, Changed, Effects, Ref


def chain(length: int, prefix: str) -> Effects:
    """Rows that each name the next; the last one names none."""
    return Effects(
        tuple(
            Added(
                "t", f"{prefix}{n}", {"next": Ref(f"{prefix}{n + 1}") if n < length - 1 else None}
            )
            for n in range(length)
        )
    )


def ring(length: int, prefix: str) -> tuple[Added, ...]:
    return tuple(
        Added("t", f"{prefix}{n}", {"next": Ref(f"{prefix}{(n + 1) % length}")})
        for n in range(length)
    )


def test_rows_of_equal_content_have_equal_colours_at_first():
    first, *_ = Colouring([chain(4, "a"), chain(4, "b")]).rounds
    assert len(set(first[0].values())) == 2
    assert sorted(first[0].values()) == sorted(first[1].values())


def test_rows_are_told_apart_by_what_they_lead_to_however_far_away():
    colours, others = Colouring([chain(30, "a"), chain(30, "b")]).final
    assert len(set(colours.values())) == 30
    assert [colours[f"a{n}"] for n in range(30)] == [others[f"b{n}"] for n in range(30)]


def test_rows_are_told_apart_by_which_changed_row_names_them():
    rows = (Added("t", "x", {}), Added("t", "y", {}))
    changes = tuple(
        Changed("u", {"id": number}, {"t_id": Ref(label)}) for number, label in enumerate("xy")
    )
    (colours,) = Colouring([Effects(rows, (), changes)]).final
    assert colours["x"] != colours["y"]


def test_colours_do_not_depend_on_the_order_of_rows():
    effects = chain(5, "a")
    (straight,) = Colouring([effects]).final
    (reversed_,) = Colouring([Effects(effects.added[::-1])]).final
    assert straight == reversed_


def test_rows_that_play_the_same_part_share_a_colour():
    (colours,) = Colouring([Effects(ring(5, "a"))]).final
    assert len(set(colours.values())) == 1


def test_a_label_that_no_row_has_says_itself():
    lost = [Effects((Added("t", "a", {"x": Ref(name)}),)) for name in ("gone", "gone", "away")]
    one, same, other = Colouring(lost).final
    assert one == same != other


def test_very_many_rows_are_coloured_in_few_rounds():
    colouring = Colouring([chain(4_000, "a"), chain(4_000, "b")])
    assert len(colouring.rounds) < 30
    assert sorted(colouring.final[0].values()) == sorted(colouring.final[1].values())


def test_nothing_added_has_no_colours():
    assert Colouring([Effects(), Effects()]).final == [{}, {}]
