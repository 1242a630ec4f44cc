"""What is nearly JSON is read as what it stands for; what could stand for two things is not."""

import pytest

from awm.llm.lenient import CutOffError, NotJsonError, read_value


@pytest.mark.parametrize(
    ("text", "value", "repairs"),
    [
        ("{'a': 'it\\'s'}", {"a": "it's"}, ["single quotes replaced", "escapes mended"]),
        ("{'a': 'it's'}", {"a": "it's"}, ["single quotes replaced", "quotes escaped"]),
        ('{"a": [1, 2, ], }', {"a": [1, 2]}, ["comma before a closing bracket removed"]),
        ("[True, False, None]", [True, False, None], ["Python's words replaced"]),
        ("[NaN, -Infinity]", [None, None], ["what is no number made null"]),
        ("[+1, .5, 2., -.5e3]", [1, 0.5, 2.0, -500.0], ["numbers rewritten"]),
        ('{a: 1, $b-c: 2}', {"a": 1, "$b-c": 2}, ["keys quoted"]),
        ('[1, // one\n /* two */ 2 # three\n]', [1, 2], ["comments removed"]),
        ('["x\ny\tz"]', ["x\ny\tz"], ["control characters escaped"]),
        (r'["\d+\_\x"]', [r"\d+\_\x"], ["escapes mended"]),
        (r'["C:\\x \u00e9\ud83d\ude00 \/", 1,]', ["C:\\x é😀 /", 1],
         ["comma before a closing bracket removed"]),
        ('{"a": "say "hi", or "ho".", "b": 1}', {"a": 'say "hi", or "ho".', "b": 1},
         ["quotes escaped"]),
        ('{"a": "x"\n "b": [1\n2]\n"c": {}}', {"a": "x", "b": [1, 2], "c": {}},
         ["missing comma added"]),
        ('["a"\n"b"]', ["a", "b"], ["missing comma added"]),
        ('{"a": "x", "k\\"y": 1, }', {"a": "x", 'k"y': 1},
         ["comma before a closing bracket removed"]),
        ('{"a": 1, "a": 2,}', {"a": 2}, ["comma before a closing bracket removed"]),
    ],
)  # fmt: skip
def test_it_is_read_as_what_it_stands_for(text, value, repairs):
    behind = " and more"
    assert read_value(text + behind, 0) == (value, len(text), tuple(repairs))
    before = "see: "
    assert read_value(before + text, len(before)) == (value, len(before + text), tuple(repairs))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[", []),
        ('{"a"', {}),
        ('{"a": ', {}),
        ('{"a": 12', {}),
        ('{"a": tr', {}),
        ('{"a": true', {"a": True}),
        ('{"a": "tex', {"a": "tex"}),
        ('{"a": "tex\\', {"a": "tex"}),
        ('{"a": "tex\\u00e', {"a": "tex"}),
        ('{"a": {"b": [1, 2', {"a": {"b": [1]}}),
        ('{"a": 1, "b', {"a": 1}),
        ('{"a": 1 // and', {"a": 1}),
        ('{"a": 1 /* and', {"a": 1}),
        ('{"a": 12\n```\n', {"a": 12}),
    ],
)
def test_what_the_end_cuts_off_is_closed_and_no_half_number_kept(text, value):
    with pytest.raises(CutOffError) as caught:
        read_value(text, 0)
    assert caught.value.value == value
    assert caught.value.repairs[-1] == "end that was cut off closed"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{a b}", 3),
        ("[word]", 1),
        ("[007]", 1),
        ("[1 2]", 3),
        ("[1, , 2]", 4),
        ('{"a" 1}', 5),
        ('{"a": 1]', 7),
        ("[" + "9" * 5000 + "]", 1),
        ("[" * 200 + "]" * 200, 100),
        ("{1: 2}", 1),
    ],
)
def test_what_would_be_a_guess_is_refused_where_it_stands(text, place):
    with pytest.raises(NotJsonError) as caught:
        read_value(text, 0)
    assert caught.value.place == place
