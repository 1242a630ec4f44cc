"""A world is looked at once for all its tasks, which then go side by side."""

from awm.synthesis.llm_author.proving.setting import setting_of
from tests.synthesis.llm_author.proving.acting import COUNT, MILK, Model, bench_of, draft_of


async def test_a_live_world_shows_its_rows_its_tools_and_its_moment(runtime, pool):
    setting = await setting_of(bench_of(runtime, pool, Model()), draft_of(MILK, COUNT))
    assert 'notes (1 row): id | title\n[1, "first"]' in setting.rows
    assert "add_note(title: string)" in setting.api
    assert setting.moment == "Sunday, 2026-02-01 12:00 UTC"
    assert list(setting.schema.tables) == ["notes"]
    assert setting.mutants.states


async def test_of_one_that_does_not_come_to_life_the_database_is_known(runtime, pool):
    draft = draft_of(MILK, tools="\nraise RuntimeError\n")
    setting = await setting_of(bench_of(runtime, pool, Model()), draft)
    assert (setting.tools, setting.api) == ((), "")
    assert '[1, "first"]' in setting.rows
    assert setting.mutants.states
