"""Which questions are asked, in which order."""

from awm.synthesis.llm_author.blueprint.about_fields import FIELDS
from awm.synthesis.llm_author.blueprint.about_lives import STATES, STEPS
from awm.synthesis.llm_author.blueprint.about_names import NAMES
from awm.synthesis.llm_author.blueprint.about_records import RECORDS
from awm.synthesis.llm_author.blueprint.about_rules import LOGIC, RULES
from awm.synthesis.llm_author.blueprint.asking import Part
from awm.synthesis.llm_author.blueprint.sketch import Size

__all__ = ["parts_for"]


def parts_for(size: Size) -> tuple[Part, ...]:
    """The questions for worlds of a size.

    Small models are asked for no more than words: rules and steps follow from these.
    """
    if size.own:
        return (RECORDS, FIELDS, STEPS, RULES, LOGIC, NAMES)
    return (RECORDS, FIELDS, STATES, NAMES)
