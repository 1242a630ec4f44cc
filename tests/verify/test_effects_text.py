from awm.verify.effects import Added, Changed, Effects, Ref, Removed, Stamp
from awm.verify.effects_text import effects_lines


def test_effects_are_told_a_line_for_each_row():
    effects = Effects(
        (
            Added("orders", "orders#1", {"status": "open", "address_id": Ref("addresses#1"),
                                         "created_at": Stamp(True), "note": None}),
            Added("tags", "tags#1", {}),
        ),
        (Removed("seats", {"train": "A", "seat": 2}),),
        (Changed("users", {"id": 1}, {"photo": b"12345", "seen_at": Stamp(False), "n": 1.5}),),
    )  # fmt: skip
    assert [*effects_lines(effects)] == [
        "orders#1 added: status='open', address_id=addresses#1, created_at=set, note=NULL",
        "tags#1 added",
        "seats (train='A', seat=2) removed",
        "users (id=1) changed: photo=5 bytes, seen_at=NULL, n=1.5",
    ]


def test_a_text_with_line_breaks_stays_on_one_line_and_a_long_one_is_cut():
    row = Added("t", "t#1", {"a": "x\ny", "b": "long " * 99})
    (line,) = effects_lines(Effects((row,)))
    assert line.startswith(r"t#1 added: a='x\ny', b='long ")
    assert line.endswith("…")
    assert len(line) < 120
