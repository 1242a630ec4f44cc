"""The form `blueprint`: a model fills in the typed form of a domain, in small parts."""

from awm.synthesis.llm_author.blueprint.author import BlueprintStage
from awm.synthesis.llm_author.blueprint.sketch import LARGE, SMALL, Size

__all__ = ["LARGE", "SMALL", "BlueprintStage", "Size"]
