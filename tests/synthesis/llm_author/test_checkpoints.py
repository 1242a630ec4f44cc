"""What finished stages wrote is found again, whole or not at all."""

from awm.errors import Problem
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.repairing import Written
from awm.worlds import WorldFile

WRITTEN = Written(
    {WorldFile.TASKS: ({"scenario": "Zoë's", "tasks": ["a"]},), WorldFile.SPEC: ()},
    (Problem("w", "here", "odd", "do", "warning"), Problem("w", "there", "bad")),
    3,
    ("first", "second"),
)


def test_what_was_kept_comes_back_as_it_was(tmp_path):
    kept = Checkpoints(tmp_path / "parts")
    kept.keep(4, "task", "Zoë's", WRITTEN)
    assert kept.kept(4, "task", "Zoë's") == WRITTEN


def test_it_goes_by_number_stage_and_scenario(tmp_path):
    kept = Checkpoints(tmp_path)
    kept.keep(4, "task", "a", WRITTEN)
    assert kept.kept(5, "task", "a") is None
    assert kept.kept(4, "db", "a") is None
    assert kept.kept(4, "task", "b") is None


def test_what_is_damaged_is_made_again(tmp_path):
    kept = Checkpoints(tmp_path)
    kept.keep(0, "task", "a", WRITTEN)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:-10], b"[]", b"{}", b'{"title": "a", "written": {}}', b"\xff"):
        file.write_bytes(damaged)
        assert kept.kept(0, "task", "a") is None
