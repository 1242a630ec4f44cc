"""The author set up from settings: models at their desk, an embedder, stages, and scenarios."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, get_args

from awm.errors import UsageError
from awm.llm import (
    Gate,
    Journal,
    embedder_from_settings,
    from_settings,
    name_from_settings,
    preflight,
    price_from_settings,
)
from awm.settings import Settings, variable_of
from awm.synthesis.llm_author.desk import JournalDesk, Seat
from awm.synthesis.llm_author.proving.proofs import ProofStage
from awm.synthesis.llm_author.proving.verifiers import VerifierStage
from awm.synthesis.llm_author.scenarios.inventing import Inventor
from awm.synthesis.llm_author.scenarios.novelty import Embedder, OfflineEmbedder, RemoteEmbedder
from awm.synthesis.llm_author.scenarios.seeds import Seeds
from awm.synthesis.llm_author.scenarios.wish import Wish
from awm.synthesis.llm_author.stage import Stage, StageName
from awm.synthesis.llm_author.writing.databases import DatabaseStage
from awm.synthesis.llm_author.writing.environments import EnvironmentStage
from awm.synthesis.llm_author.writing.samples import SampleStage
from awm.synthesis.llm_author.writing.specs import SpecStage
from awm.synthesis.llm_author.writing.tasks import TaskStage
from awm.synthesis.similarity import StaticEmbedder
from awm.types import JsonObject

__all__ = ["CODE_STAGES", "check_models", "inventing", "models_in", "seated"]

CODE_STAGES: Final[tuple[Stage, ...]] = (
    TaskStage(),
    DatabaseStage(),
    SampleStage(),
    SpecStage(),
    EnvironmentStage(),
    VerifierStage(),
    ProofStage(),
)
"""What worlds of the form `code` go through, in order."""

_EMBEDDING: Final = "embedding"


def models_in(settings: Settings) -> Mapping[StageName, str]:
    """The name of the model of each stage.

    Raises:
        SettingsError: None is named.
        UsageError: There is no stage of a name that has a model of its own.
    """
    own = settings.stage_models
    stages: tuple[StageName, ...] = get_args(StageName)
    if unknown := [name for name in own if name not in stages]:
        raise UsageError(
            f"{variable_of('llm_stage_models')} names the stage {unknown[0]!r}.",
            f"There is {', '.join(stages)}.",
        )
    missing = [stage for stage in stages if stage not in own]
    usual = name_from_settings(settings) if missing else ""
    return {stage: own.get(stage, usual) for stage in stages}


async def check_models(settings: Settings) -> None:
    """Make sure that all models that the settings name can be asked; nothing is paid for.

    Raises:
        LLMSetupError: One cannot be; says which variable to set.
        SettingsError: A key, an address or a model is missing.
        UsageError: An address or a key is none, or a stage is none.
    """
    models_in(settings)
    await preflight(settings)
    if settings.embedding_api_key is not None:
        embedder = embedder_from_settings(settings)
        try:
            await preflight(embedder)
        finally:
            await embedder.aclose()


@asynccontextmanager
async def seated(settings: Settings, journal: Journal) -> AsyncIterator[JournalDesk]:
    """A desk with the models that the settings name.

    Raises:
        SettingsError: A key, an address or a model is missing.
        UsageError: An address or a key is none.
    """
    models = models_in(settings)
    gate = Gate(settings.llm_concurrency, journal.permit)
    seats: dict[str, Seat] = {}
    async with AsyncExitStack() as stack:
        for name in dict.fromkeys(models.values()):
            llm = from_settings(settings, name, gate=gate)
            stack.push_async_callback(llm.aclose)
            seats[name] = Seat(llm, name, price_from_settings(settings, llm, name))
        yield JournalDesk(journal, {stage: seats[name] for stage, name in models.items()})


@asynccontextmanager
async def inventing(
    settings: Settings, desk: JournalDesk, wish: Wish, seeds: Seeds
) -> AsyncIterator[tuple[Inventor, AsyncIterator[JsonObject]]]:
    """Scenarios as they are thought of, and who thinks of them.

    Which are alike is told by the embedding model that the settings name where they have a key for
    one, and otherwise by the one that comes with its package.

    Raises:
        UsageError: The embedding model's address or its key is none.
    """
    async with AsyncExitStack() as stack:
        embedder = _embedder(settings, desk.journal, stack)
        inventor = Inventor(desk.model("scenario", ""), embedder, wish)
        yield inventor, _rows(inventor, seeds)


async def _rows(inventor: Inventor, seeds: Seeds) -> AsyncIterator[JsonObject]:
    async for scenario in inventor.invent(seeds.scenarios):
        yield scenario.row


def _embedder(settings: Settings, journal: Journal, stack: AsyncExitStack) -> Embedder:
    if settings.embedding_api_key is None:
        return OfflineEmbedder(StaticEmbedder())
    remote = embedder_from_settings(settings)
    stack.push_async_callback(remote.aclose)
    price = price_from_settings(settings, remote, remote.name)
    return RemoteEmbedder(journal.embedder(remote, stage=_EMBEDDING, world="", price=price))
