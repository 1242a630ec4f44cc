"""The parts of a world and the files that hold them."""

from awm.worlds import WorldFile


def test_a_part_is_the_name_of_its_file():
    assert WorldFile("gen_envs.jsonl") is WorldFile.ENVIRONMENT
    assert f"{WorldFile.VERIFIER_CODE}" == "gen_verifier.pure_code.jsonl"


def test_the_parts_stand_in_the_order_in_which_they_come_to_be():
    assert list(WorldFile)[:6] == [
        "gen_scenario.jsonl",
        "gen_tasks.jsonl",
        "gen_db.jsonl",
        "gen_sample.jsonl",
        "gen_spec.jsonl",
        "gen_envs.jsonl",
    ]


def test_only_the_scenario_calls_its_name_a_name():
    assert [part for part in WorldFile if part.name_key == "name"] == [WorldFile.SCENARIO]
    assert {part.name_key for part in WorldFile} == {"name", "scenario"}


def test_verifiers_and_oracles_have_a_row_for_each_task():
    assert [part for part in WorldFile if part.per_task] == [
        WorldFile.VERIFIER_SQL,
        WorldFile.VERIFIER_CODE,
        WorldFile.ORACLE,
    ]
