"""What a task asks to be told is what its verifier insists on, in whichever words it takes."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.proving.telling import asks_to_be_told, new_facts, pieces_needed
from awm.verify import Fact, extract_facts


@pytest.mark.parametrize(
    "sentence",
    [
        "Which room at Cais is the cheapest?",
        "Cancel order 7 and tell me how much goes back.",
        "List all offers of the region.",
        "Return both and return the receipt ID.",
        "Show me my bookings.",
        "Book the room, then let me know the price.",
        "Compute what we paid altogether.",
    ],
)
def test_questions_and_requests_for_words_ask_to_be_told(sentence):
    assert asks_to_be_told(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Book the Tejo room for Wednesday at 14:00.",
        "Cancel every booking which stands in the way.",
        "Correct the name on the pass of Helena Marques.",
        "Move it to the cheapest room that is free when the workshop begins.",
    ],
)
def test_plain_orders_do_not(sentence):
    assert not asks_to_be_told(sentence)


def test_facts_that_the_task_gives_are_left_out_unless_there_are_no_others():
    told = new_facts("Order OP-7 costs $12.50.", "What does order OP-7 cost?")
    assert told == (Fact(("$12.50",)),)
    assert new_facts("Tejo", "Is it Tejo or Douro?") == (Fact(("Tejo",)),)
    assert new_facts(None, "What?") == new_facts("...", "What?") == ()


async def needed(answer, accepts, sentence="What?"):
    async def accept(text):
        return accepts(text)

    assert accepts(answer)
    return await pieces_needed(answer, new_facts(answer, sentence), accept)


INVOICE = "Invoice INV-39 over EUR 106.07; 7 credits added."


async def test_what_the_verifier_does_not_look_for_is_not_needed():
    found = await needed(INVOICE, lambda text: "EUR 106.07" in text)
    assert found == (Fact(("EUR 106.07",)),)


async def test_all_is_needed_where_the_verifier_looks_for_all():
    everything = ("INV-39", "106.07", " 7")
    assert await needed(INVOICE, lambda text: all(one in text for one in everything)) == (
        extract_facts(INVOICE)
    )


async def test_where_anything_goes_or_only_the_very_words_nothing_can_be_told():
    assert await needed(INVOICE, lambda text: True) is None
    assert await needed(INVOICE, lambda text: text == INVOICE) is None


async def test_what_may_stand_for_each_other_is_one_fact():
    either = await needed(
        "$86.99, to the Office in Vancouver.",
        lambda text: "86.99" in text and ("Office" in text or "Vancouver" in text),
    )
    assert either == (Fact(("$86.99",)), Fact(("Vancouver", "Office")))


async def test_where_no_fact_is_enough_words_are_looked_at():
    found = await needed(
        "She is 18 and has not signed a proxy authorisation.",
        lambda text: "proxy" in text or "authorisation" in text,
    )
    assert found == (Fact(("authorisation", "proxy")),)


async def test_nothing_is_left_that_could_be_left_out():
    found = await needed(
        "Acetaminophen, because ibuprofen interacts with warfarin.",
        lambda text: "Acetaminophen" in text and "interacts" in text,
    )
    assert found == (Fact(("Acetaminophen",)), Fact(("interacts",)))


NUMBERS = st.lists(st.integers(1000, 9999), min_size=2, max_size=6, unique=True)


@given(NUMBERS, st.data())
def test_of_any_facts_those_are_needed_that_the_verifier_looks_for(numbers, data):
    wanted = data.draw(st.sets(st.sampled_from(numbers), min_size=1))
    answer = f"So it is {', then '.join(map(str, numbers))}."
    found = asyncio.run(needed(answer, lambda text: all(str(one) in text for one in wanted)))
    assert found == tuple(Fact((str(one),)) for one in numbers if one in wanted)
