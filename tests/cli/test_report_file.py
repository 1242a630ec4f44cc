"""A report that cannot be written is refused before the work, by the name of its option."""

import pytest

from awm.cli.report_file import check_page, check_report_file, write_report
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


@pytest.mark.parametrize("name", ["report.html", "summary.json"])
def test_half_a_surrogate_pair_is_written_as_its_escape(tmp_path, name):
    write_report(tmp_path / name, '{"tag": "up\ud800date \u00e9"}')
    assert (tmp_path / name).read_text("utf-8") == '{"tag": "up\\ud800date \u00e9"}'


@pytest.mark.parametrize("content", ["Notes of mine.", "<title>A report of something else</title>"])
def test_what_is_no_such_page_is_not_written_over(tmp_path, content):
    (tmp_path / "page.html").write_text(content)
    with pytest.raises(UsageError, match="is another kind of file"):
        check_page("--html", tmp_path / "page.html", "Evaluation of")


@pytest.mark.parametrize("content", [None, "", "<head>\n<title>Evaluation of an oracle</title>"])
def test_an_older_page_is_written_over_and_so_is_an_empty_file(tmp_path, content):
    if content is not None:
        (tmp_path / "page.html").write_text(content)
    check_page("--html", tmp_path / "page.html", "Evaluation of")
    check_page("--html", None, "Evaluation of")


def test_no_file_and_one_that_can_be_there_are_all_right(tmp_path):
    check_report_file("--html", None)
    check_report_file("--html", tmp_path / "report.html")
