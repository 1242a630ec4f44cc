import pytest

from awm.verify.matching import KINDS, normalised, tokens_of
from awm.verify.vocabulary import COMMON, STOP_WORDS, TITLES, WEEKDAYS


@pytest.mark.parametrize("words", [COMMON, STOP_WORDS, TITLES, WEEKDAYS])
def test_words_are_written_as_they_are_looked_up(words):
    for word in words:
        ((start, end, _),) = tokens_of(normalised(word), KINDS)
        assert (start, end) == (0, len(word))
        assert word == word.casefold()


def test_no_list_holds_a_day_of_the_week_but_the_one_of_them():
    assert WEEKDAYS.isdisjoint(COMMON | STOP_WORDS | TITLES)
