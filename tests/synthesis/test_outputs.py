"""Nothing that is there is written over unasked, and nothing that is read."""

import os

import pytest

from awm.errors import UsageError, WorldFileError
from awm.synthesis.order import Order
from awm.synthesis.outputs import check_databases, check_outputs, check_sources, writing
from awm.synthesis.shelf import Shelf

PLACING = {"files": ["a.jsonl"], "scenarios": ["zoo"]}


def begin(output, *, overwrite=False):
    with writing(output, overwrite=overwrite):
        output.write_text("new")


def test_a_file_that_another_run_has_just_written_stays(tmp_path):
    output = tmp_path / "a.jsonl"
    with (
        pytest.raises(UsageError, match="is being written to by"),
        writing(output, overwrite=False),
    ):
        begin(output)
    assert list(tmp_path.iterdir()) == []
    begin(output)
    with pytest.raises(UsageError, match="is there already"):
        begin(output)
    begin(output, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_file_is_never_replaced(tmp_path, overwrite):
    os.mkfifo(tmp_path / "pipe")
    for name, what in (("pipe", "is no file"), ("", "is a folder"), ("nu\0ll", "is no name of")):
        with pytest.raises(UsageError, match=what):
            begin(tmp_path / name, overwrite=overwrite)
    assert (tmp_path / "pipe").is_fifo()


def test_a_name_may_be_long_but_no_longer_than_names_may_be(tmp_path):
    begin(tmp_path / ("\u00e9" * 127))
    with pytest.raises(WorldFileError, match="File name too long"):
        begin(tmp_path / ("x" * 256))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_that_leads_nowhere_is_replaced_like_any_file(tmp_path):
    (tmp_path / "link").symlink_to("gone")
    with writing(tmp_path / "link", overwrite=False):
        pass


def test_a_stage_does_not_write_over_what_it_reads(tmp_path):
    source = tmp_path / "gen_scenario.jsonl"
    source.touch()
    (tmp_path / "link").symlink_to(source)
    for output in (source, tmp_path / "x" / ".." / source.name, tmp_path / "link"):
        with pytest.raises(UsageError, match="is what is read"):
            check_sources([tmp_path / "other", output], [source])
    check_sources([tmp_path / "other"], [source])


def test_two_outputs_are_two_files(tmp_path):
    twice = [tmp_path / "gen_oracle.jsonl"] * 2
    with pytest.raises(UsageError, match="is written too"):
        check_outputs(twice, Shelf(tmp_path, Order(1)), PLACING, overwrite=True)


def test_what_the_same_command_has_begun_to_write_is_not_in_its_way(tmp_path):
    output = tmp_path / "a.jsonl"
    output.touch()
    shelf = Shelf(tmp_path, Order(1))
    shelf.open()
    with pytest.raises(UsageError, match="is there already"):
        check_outputs([output], shelf, PLACING, overwrite=False)
    shelf.place(PLACING)
    check_outputs([output], shelf, PLACING, overwrite=False)
    with pytest.raises(UsageError, match="files of a run that was stopped"):
        check_outputs([output], shelf, {**PLACING, "scenarios": []}, overwrite=False)
    with pytest.raises(UsageError, match="of another order"):
        check_outputs([output], Shelf(tmp_path, Order(1, seed=2)), PLACING, overwrite=False)
    check_outputs([output], shelf, {**PLACING, "scenarios": []}, overwrite=True)


def test_databases_that_are_there_stay(tmp_path):
    (tmp_path / "zoo.db").touch()
    with pytest.raises(UsageError, match=r"zoo\.db is there already"):
        check_databases(tmp_path, ["Shop", "Zoo"], overwrite=False)
    check_databases(tmp_path, ["Shop", "Zoo"], overwrite=True)
    check_databases(tmp_path / "new", ["Zoo"], overwrite=False)
    with pytest.raises(WorldFileError, match="cannot be written"):
        check_databases(tmp_path / "zoo.db", ["Zoo"], overwrite=False)
