"""What doors list of a folder: every world that can be read, its tasks on the side it is on."""

from awm.errors import WorldFileError
from awm.rollout.splits import Splits
from awm.serve.task_rows import read_worlds, rows_by_split
from tests.rollout.diaries import TASKS, diary


class Torn(dict):
    """A folder, one world of which cannot be read."""

    def __getitem__(self, name):
        if name == "torn":
            raise WorldFileError(name, "it is torn.")
        return super().__getitem__(name)


async def test_worlds_are_told_in_their_order_and_what_cannot_be_read_is_left_out(caplog):
    folder = Torn(shop=diary("shop"), torn=None, bank=diary("bank"))
    told = await read_worlds(folder, Splits(validation=0.0))
    assert [world.name for world in told] == ["shop", "bank"]
    assert all(world.tasks == tuple(TASKS) for world in told)
    assert "torn" in caplog.text


async def test_tasks_are_on_the_side_of_their_world_and_no_other():
    names = [f"world_{number}" for number in range(30)]
    splits = Splits(validation=0.0)
    told = await read_worlds({name: diary(name) for name in names}, splits)
    rows = rows_by_split(told, ("train", "test"))
    for split, listed in rows.items():
        wanted = [name for name in names if splits.named(name) == split]
        assert listed == [
            {"scenario": name, "task_idx": number, "task": task}
            for name in wanted
            for number, task in enumerate(TASKS)
        ]
    assert all(rows.values())
