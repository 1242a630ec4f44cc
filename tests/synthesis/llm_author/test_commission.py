"""What is ordered of a model."""

import json

import pytest

from awm.errors import UsageError
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.stage import Choices


def test_it_says_all_that_worlds_depend_on_but_their_number():
    one, more = (Commission(count, {"task": "small"}) for count in (1, 1000))
    assert one.as_json() == more.as_json()
    assert json.loads(json.dumps(one.as_json())) == one.as_json()


@pytest.mark.parametrize(
    "other",
    [
        Commission(1, {"task": "large"}),
        Commission(1, {"task": "small"}, "blueprint"),
        Commission(1, {"task": "small"}, source="ab12"),
        Commission(1, {"task": "small"}, size="large"),
        Commission(1, {"task": "small"}, choices=Choices(tasks=3)),
        Commission(1, {"task": "small"}, choices=Choices(seed=1)),
        Commission(1, {"task": "small"}, choices=Choices(proof=False)),
        Commission(1, {"task": "small"}, choices=Choices(modes=("sql",))),
    ],
)
def test_another_is_told_from_it(other):
    assert other.as_json() != Commission(1, {"task": "small"}).as_json()


@pytest.mark.parametrize("count", [0, -1, 10**9])
def test_a_number_that_makes_no_sense_is_refused(count):
    with pytest.raises(UsageError, match="cannot be ordered"):
        Commission(count, {})
