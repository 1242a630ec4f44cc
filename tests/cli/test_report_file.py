"""A report that cannot be written is refused before the work, by the name of its option."""

import pytest

from awm.cli.report_file import check_report_file
from awm.errors import UsageError


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("", "is a folder."),
        ("gone/report.html", "to put report.html in."),
        ("file/report.html", "to put report.html in."),
        ("x" * 256, "cannot be written: File name too long."),
    ],
)
def test_a_file_that_cannot_be_there_is_refused(tmp_path, name, what):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError) as caught:
        check_report_file("--html", tmp_path / name)
    assert caught.value.message.endswith(what)
    assert caught.value.hint


def test_no_file_and_one_that_can_be_there_are_all_right(tmp_path):
    check_report_file("--html", None)
    check_report_file("--html", tmp_path / "report.html")
