"""`awm worlds`: list, show, validate, export, pull."""

import json

from awm.errors import UsageError
from awm.worlds import bundled_worlds, open_worlds, write_worlds
from tests.conftest import make_world


def test_a_folder_is_listed_one_line_a_world(awm, mixed):
    outcome = awm("worlds", "list", mixed)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "World         Tables   Tasks   About         ",
        "─────────────────────────────────────────────",
        "notes              1       0   made by a test",
        "broken_code        1       0   made by a test",
        "bad_row            1       0   made by a test",
    ]


def test_without_a_folder_the_bundled_worlds_are_listed(awm):
    document = json.loads(awm("worlds", "list", "--json").out)
    assert [world["name"] for world in document["worlds"]] == list(bundled_worlds())
    assert all(world["tables"] >= 12 and world["tasks"] >= 10 for world in document["worlds"])


def test_a_row_that_cannot_be_read_is_listed_as_such(awm, notes, tmp_path):
    folder = tmp_path / "torn"
    write_worlds([make_world()], folder)
    with (folder / "gen_db.jsonl").open("a") as file:
        file.write('{"scenario": "Torn", "db_schema": 7}\n{"scenario": \n')
    outcome = awm("worlds", "list", folder)
    assert outcome.code == 0
    assert "torn" in outcome.out
    assert "its files do not describe a world" in " ".join(outcome.out.split())
    assert "gen_db.jsonl: line 3" in outcome.err
    rows = json.loads(awm("worlds", "list", folder, "--json").out)["worlds"]
    assert [(row["name"], "error" in row) for row in rows] == [("notes", False), ("torn", True)]


def test_a_world_is_shown_by_any_spelling_of_its_name(awm, notes):
    outcome = awm("worlds", "show", notes, "NOTES")
    assert outcome.code == 0
    assert [line.rstrip() for line in outcome.out.splitlines()] == [
        "Notes (notes)",
        "made by a test",
        "",
        "Clock         2026-02-01 12:00:00 UTC",
        "Foreign keys  not enforced",
        "Database      built from its schema and sample rows",
        "Verifiers     0 of mode code, 0 of mode sql",
        "Files         gen_scenario.jsonl, gen_db.jsonl, gen_sample.jsonl, gen_envs.jsonl",
        "",
        "Tasks (0)",
        "",
        "Tables (1)",
        "Table   Indexes   Sample statements",
        "───────────────────────────────────",
        "t0            0                   0",
        "",
        "Tools (2) see --tools",
        "add_note, list_notes",
    ]


def test_a_bundled_world_is_shown_without_a_folder(awm):
    document = json.loads(awm("worlds", "show", "online-pharmacy", "--json").out)
    world = bundled_worlds()["online_pharmacy"]
    assert document["tasks"] == list(world.tasks)
    assert [table["name"] for table in document["tables"]] == [t.name for t in world.tables]
    assert document["foreign_keys"] is True
    assert len(document["tools"]) >= 20


def test_the_code_is_shown_raw(awm, notes):
    outcome = awm("worlds", "show", notes, "notes", "--code")
    assert outcome.out == open_worlds(notes)["notes"].code
    document = json.loads(awm("worlds", "show", notes, "notes", "--code", "--json").out)
    assert document["code"] == outcome.out


def test_the_tools_are_shown_as_agents_see_them(awm, notes):
    outcome = awm("worlds", "show", notes, "notes", "--tools")
    assert "add_note (title)" in outcome.out
    assert "list_notes ()" in outcome.out
    document = json.loads(awm("worlds", "show", notes, "notes", "--tools", "--json").out)
    assert document["tools"][0]["input_schema"]["required"] == ["title"]


def test_code_that_does_not_compile_does_not_keep_a_world_from_being_shown(awm, tmp_path):
    write_worlds([make_world("def (")], tmp_path / "torn")
    outcome = awm("worlds", "show", "torn", "notes")
    assert outcome.code == 0
    assert "Tools (0)" in outcome.out


def test_text_of_a_world_is_never_taken_for_markup_or_control(awm, tmp_path):
    world = make_world(name="[bold]Odd[/] \x1b[2J\ud83d")
    write_worlds([world], tmp_path / "odd")
    outcome = awm("worlds", "show", "odd", "bold_odd_2j")
    assert outcome.code == 0
    assert "[bold]Odd[/] \N{REPLACEMENT CHARACTER}[2J\\ud83d" in outcome.out
    document = json.loads(awm("worlds", "show", "odd", "bold_odd_2j", "--json").out)
    assert document["name"] == "bold_odd_2j"
    assert awm("worlds", "list", "odd").code == 0


def test_sound_worlds_are_valid(awm, sample_folder):
    outcome = awm("worlds", "validate", sample_folder, "--json")
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["ok"] is True
    assert [world["world"] for world in document["worlds"]] == list(open_worlds(sample_folder))


def test_the_bundled_worlds_are_valid(awm):
    outcome = awm("worlds", "validate")
    assert outcome.code == 0
    assert "error" not in outcome.err


def test_what_only_running_shows_is_left_out_when_static(awm, mixed):
    static = json.loads(awm("worlds", "validate", mixed, "--static", "--json").out)
    assert static["ok"] is True
    outcome = awm("worlds", "validate", mixed, "--json")
    assert outcome.code == 1
    worlds = {world["world"]: world for world in json.loads(outcome.out)["worlds"]}
    assert [name for name, world in worlds.items() if not world["ok"]] == ["broken_code"]
    assert any("no such table" in p["what"] for p in worlds["bad_row"]["problems"])


def test_problems_are_listed_for_people_errors_first(awm, mixed):
    outcome = awm("worlds", "validate", mixed)
    assert outcome.code == 1
    counts = {line.split()[0]: line.split()[1] for line in outcome.out.splitlines()[2:]}
    assert counts == {"notes": "0", "broken_code": "1", "bad_row": "0"}
    severities = [
        line.split()[0]
        for line in outcome.err.splitlines()
        if line.split()[0] in {"error", "warning"}
    ]
    assert severities == sorted(severities)
    assert "error broken_code: gen_envs.jsonl: full_code" in outcome.err


def test_worlds_are_exported_and_nothing_is_overwritten_unasked(awm, notes, tmp_path):
    outcome = awm("worlds", "export", "mine", "--from", notes)
    assert outcome.code == 0
    assert outcome.out == "1 world in mine: notes\n"
    assert dict(open_worlds(tmp_path / "mine")["notes"].records) == dict(
        open_worlds(notes)["notes"].records
    )
    again = awm("worlds", "export", "mine", "--from", notes)
    assert again.code == 2
    assert "--overwrite" in again.err
    assert awm("worlds", "export", "mine", "--from", notes, "--overwrite").code == 0


def test_the_bundled_worlds_are_exported_by_default(awm, tmp_path):
    document = json.loads(awm("worlds", "export", "mine", "--json").out)
    assert document == {"folder": "mine", "worlds": list(bundled_worlds()), "problems": []}
    assert list(open_worlds(tmp_path / "mine")) == list(bundled_worlds())


def test_what_an_export_leaves_out_is_told(awm, tmp_path):
    write_worlds([make_world()], tmp_path / "torn")
    with (tmp_path / "torn/gen_envs.jsonl").open("a") as file:
        file.write('{"scenario": "Torn", "full_code": "from')
    outcome = awm("worlds", "export", "mine", "--from", "torn")
    assert outcome.code == 1
    assert outcome.out == "1 world in mine: notes\n"
    assert "error torn: gen_envs.jsonl: line 2" in outcome.err
    document = json.loads(awm("worlds", "list", "torn", "--json").out)
    assert [problem["world"] for problem in document["problems"]] == ["torn"]


def test_pulled_worlds_go_where_runs_go(awm, monkeypatch, notes, tmp_path):
    asked = {}

    def pull(repo, target, *, revision, overwrite):
        asked.update(repo=repo, target=target, revision=revision, overwrite=overwrite)
        write_worlds(open_worlds(notes).values(), target)
        return target

    monkeypatch.setattr("awm.worlds.hub.pull_worlds", pull)
    monkeypatch.setenv("AWM_OUTPUT_DIR", "runs")
    outcome = awm("worlds", "pull", "--repo", "someone/else", "--revision", "v2")
    assert outcome.out == "1 world in runs: notes\n"
    assert asked["repo"] == "someone/else"
    assert str(asked["target"]) == "runs"
    assert (asked["revision"], asked["overwrite"]) == ("v2", False)


def test_a_pull_that_fails_says_so(awm, monkeypatch):
    def pull(*_, **__):
        raise UsageError("there is no dataset nobody/nothing.", "Check the name.")

    monkeypatch.setattr("awm.worlds.hub.pull_worlds", pull)
    outcome = awm("worlds", "pull", "--repo", "nobody/nothing")
    assert outcome.code == 2
    assert outcome.err == "error: there is no dataset nobody/nothing.\nCheck the name.\n"
