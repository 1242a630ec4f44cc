"""What was mended, told to programs and people."""

import json
from pathlib import Path

from awm.audit.fixes import Change, FixReport, WorldFixes
from awm.errors import Problem


def test_a_report_is_a_json_object_that_names_its_format():
    change, problem = Change("a.jsonl: row 2", "dropped"), Problem("zoo", "task 1", "no oracle")
    stray = Problem("", "a.jsonl: line 3", "not JSON")
    zoo, shop = WorldFixes("zoo", (change, change), (problem,)), WorldFixes("shop", (), ())
    report = FixReport("in", Path("out"), (stray,), (zoo, shop))
    assert [fixes.world for fixes in report] == ["zoo", "shop"]
    assert report.changes == 2
    document = report.to_json()
    assert json.loads(json.dumps(document)) == document
    assert (document["format"], document["version"], document["source"]) == ("awm-fixes", 1, "in")
    assert [world["world"] for world in document["worlds"]] == ["zoo", "shop"]
    assert document["worlds"][0]["changes"][1] == {"where": "a.jsonl: row 2", "what": "dropped"}
    assert document["worlds"][0]["needs_author"][0]["what"] == "no oracle"
    assert document["problems"][0]["where"] == "a.jsonl: line 3"


def test_a_change_reads_as_a_sentence():
    assert str(Change("gen_db.jsonl: clock", "names it")) == "gen_db.jsonl: clock: names it"
