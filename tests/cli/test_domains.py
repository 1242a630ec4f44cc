"""`awm domains check` says which file it cannot read, before it tries the others."""

import pytest


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("gone.yaml", "gone.yaml is no file."),
        ("folder.yaml", "folder.yaml is no file."),
        ("bytes.yaml", "bytes.yaml cannot be read: it is no UTF-8."),
    ],
)
def test_a_file_that_cannot_be_read_is_told_in_a_line(awm, tmp_path, name, what):
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe")
    outcome = awm("domains", "check", name)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"error: {what}\nName the YAML file of a domain.\n"


@pytest.mark.parametrize("arguments", [("",), ("--samples", "1_0"), ("--samples", -1)])
def test_what_is_no_path_or_no_number_is_refused(awm, arguments):
    outcome = awm("domains", "check", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Invalid value for " in outcome.err
