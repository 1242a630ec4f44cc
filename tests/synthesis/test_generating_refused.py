"""An order that cannot be carried out, or not there, leaves everything as it was."""

import shutil
from dataclasses import replace

import pytest

from awm.errors import UsageError
from awm.synthesis.generating import generate
from awm.synthesis.order import Order
from awm.synthesis.planning import Selection
from awm.synthesis.publishing import MANIFEST
from awm.worlds import WorldFile, open_worlds
from tests.synthesis.ordering import SHARED, files, shelve, whole_catalogue, world_rows

ONE = replace(SHARED, count=1)


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    monkeypatch.setattr("awm.synthesis.planning.Catalogue", whole_catalogue)


def refused(caught) -> tuple[str, str]:
    return caught.value.message, caught.value.hint


async def test_an_order_that_is_carried_out_leaves_nothing_to_do(generated):
    before = files(generated)
    for order in (SHARED, ONE):
        with pytest.raises(UsageError) as caught:
            await generate(order, generated)
        assert refused(caught) == (
            f"{generated} holds these worlds already (2).",
            "There is nothing to do.",
        )
    assert files(generated) == before


REPLACE = "Give another --output_dir, or --overwrite to replace them."


async def test_a_folder_with_too_few_worlds_is_not_added_to(generated):
    with pytest.raises(UsageError) as caught:
        await generate(replace(SHARED, count=3), generated)
    assert refused(caught) == (f"{generated} holds only the first 2 of these worlds.", REPLACE)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"tasks": 3},
        {"levels": (1,)},
        {"state": 1},
        {"selection": Selection(SHARED.selection.domains, per_category=9)},
    ],
    ids=str,
)
async def test_a_folder_of_another_order_is_left_alone(generated, change):
    before = files(generated)
    with pytest.raises(UsageError) as caught:
        await generate(replace(SHARED, **change), generated)
    assert refused(caught) == (f"{generated} holds worlds already, of another order.", REPLACE)
    assert files(generated) == before


@pytest.mark.parametrize("manifest", [None, "", "[]", '{"order": 1}', "{"])
async def test_a_folder_of_which_nobody_knows_the_order_is_left_alone(tmp_path, manifest):
    (tmp_path / WorldFile.SCENARIO).write_text("{}\n")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(UsageError, match="holds worlds already, of another order"):
        await generate(SHARED, tmp_path)


async def test_it_is_replaced_where_that_is_wanted(generated, tmp_path):
    folder = tmp_path / "worlds"
    shutil.copytree(generated, folder)
    (folder / "notes.txt").write_text("mine")
    order = replace(ONE, tasks=10, state=0)
    shelve(folder, order, generated, [1])
    shelve(folder, order, generated, [0])
    found = await generate(order, folder, overwrite=True)
    assert found.worlds == 1
    assert world_rows(folder, 0) == world_rows(generated, 0)
    assert len(open_worlds(folder)) == 1
    assert (folder / "notes.txt").read_text() == "mine"


async def test_unfinished_worlds_of_another_order_are_not_mixed_in(generated, tmp_path):
    shelve(tmp_path, replace(SHARED, seed=3, tasks=2), generated, [0])
    before = files(tmp_path)
    with pytest.raises(UsageError) as caught:
        await generate(SHARED, tmp_path)
    what, hint = refused(caught)
    assert what.startswith(f"{tmp_path} holds the unfinished worlds of another order: ")
    assert what.endswith(": seed 3, not 11; tasks 2, not 10.")
    assert hint == (
        "Give the same options to finish it, another --output_dir to begin elsewhere,"
        " or --overwrite to throw it away."
    )
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order(1, selection=Selection(("nowhere",))), "There is no domain 'nowhere'."),
        (Order(1, selection=Selection((), ("nowhere",))), "There is no category 'nowhere'."),
        (
            Order(1, selection=Selection(("campsite",), ("banking",))),
            "No domain is of a category that was asked for.",
        ),
        (
            Order(3, selection=Selection(("campsite",), per_category=2)),
            "3 worlds are more than the 2 that fit: 2 of each category.",
        ),
    ],
)
async def test_an_order_that_cannot_be_met_leaves_nothing_behind(tmp_path, order, why):
    folder = tmp_path / "worlds"
    with pytest.raises(UsageError) as caught:
        await generate(order, folder)
    assert caught.value.message == why
    assert caught.value.hint
    assert not folder.exists()
