import inspect
import pickle

import pytest

from awm import errors
from awm.errors import (
    AwmError,
    BlueprintError,
    BudgetError,
    InfrastructureError,
    LLMError,
    LLMRefusedError,
    LLMSetupError,
    LLMTooLongError,
    Problem,
    UnknownWorldError,
    WorkerLostError,
    WorldError,
    WorldLoadError,
)

TYPES = [
    kind
    for kind in map(errors.__dict__.get, errors.__all__)
    if inspect.isclass(kind) and issubclass(kind, AwmError)
]
PROBLEM = Problem("shop", "gen_db.jsonl: table t", "syntax error", "mend it")


def made(kind: type[AwmError]) -> AwmError:
    if issubclass(kind, (BlueprintError, WorldError)):
        return kind("shop", "it is broken.", "Mend it.", [PROBLEM])
    return kind("it is broken.", "Mend it.")


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling_with_all_it_says(kind):
    error = made(kind)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_error_says_what_happened_and_what_to_do(kind):
    text = str(made(kind))
    assert "it is broken." in text
    assert "Mend it." in text


def test_the_hint_may_be_missing():
    assert str(AwmError("it is broken.")) == "it is broken."


def test_the_error_of_a_world_names_it_and_lists_every_problem():
    second = Problem("shop", "gen_envs.jsonl", "no app", severity="warning")
    error = WorldLoadError("shop", "it is broken.", "Mend it.", [PROBLEM, second])
    assert str(error) == (
        "world 'shop': it is broken. Mend it.\n"
        "  - shop: gen_db.jsonl: table t: syntax error (mend it)\n"
        "  - shop: gen_envs.jsonl: no app"
    )
    assert error.problems == (PROBLEM, second)


def test_the_error_of_a_whole_folder_names_no_world():
    assert str(WorldError("", "the folder is empty.")) == "the folder is empty."


def test_a_problem_without_a_place_is_what_happened():
    assert str(Problem("", "", "the folder is empty")) == "the folder is empty"


def test_an_unknown_world_is_a_key_error_that_reads_like_a_sentence():
    error = UnknownWorldError("shop", "no such world.")
    assert isinstance(error, KeyError)
    assert str(error) == "world 'shop': no such world."


@pytest.mark.parametrize(
    "kind", [BudgetError, LLMRefusedError, LLMSetupError, LLMTooLongError], ids=lambda k: k.__name__
)
def test_what_asking_again_does_not_mend_is_no_fault_of_the_machinery(kind):
    assert issubclass(kind, LLMError)
    assert not issubclass(kind, InfrastructureError)


def test_lost_workers_are_the_fault_of_the_machinery():
    assert issubclass(WorkerLostError, InfrastructureError)
    assert not issubclass(WorldLoadError, InfrastructureError)
