"""Worlds written from a blueprint, alive in the runtime: what their tools do and refuse."""

import json
import random
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from awm.runtime import Instance, Runtime
from awm.synthesis.surface import Style
from tests.synthesis.emit.calling import hostile, plausible
from tests.synthesis.emit.making import kiosk, rows_by_lot, workshop, world_of

TOOL = {"group": "hand", "deposit_cents": 1000, "hours": 0, "due_for_service_on": "2026-04-01"}
LOAN = {
    "lent_on": "2026-02-20", "returned_on": None, "deposit_cents": 1000, "twice_cents": 2000,
    "fee_cents": 0, "note": None,
}  # fmt: skip
LINE = {"says_what": "a strap", "quantity": 2, "price_cents": 100, "total_cents": 200, "place": 1}


def rows() -> dict[str, list[dict[str, Any]]]:
    """A branch; three members, of whom the last is suspended; tools; loans open and returned."""
    member = {
        "home_id": 1,
        "referred_by_id": None,
        "email": None,
        "locker_id": None,
        "credit_cents": 0,
    }
    return {
        "branch": [{"id": 1, "name": "Mill", "cash_cents": 500, "head_id": 2}],
        "member": [
            {"id": 1, **member, "name": "Ada O'Hara", "suspended": False},
            {"id": 2, **member, "name": "Bo 50% Lind", "suspended": False, "email": "bo@x.org"},
            {"id": 3, **member, "name": "Cem Ünal", "suspended": True},
        ],
        "tool": [
            {"id": 1, **TOOL, "name": "Belt Sander", "on_loan": True},
            {"id": 2, **TOOL, "name": "Cordless Drill", "on_loan": False, "group": "power"},
            {"id": 3, **TOOL, "name": "Spoke_Key", "on_loan": False, "deposit_cents": 700},
            {"id": 4, **TOOL, "name": "SANDER, old", "on_loan": False},
        ],
        "loan": [
            {"id": 1, **LOAN, "member_id": 1, "tool_id": 1, "status": "open",
             "due_on": "2026-02-28"},
            {"id": 2, **LOAN, "member_id": 1, "tool_id": 2, "status": "returned",
             "due_on": "2026-02-25", "returned_on": "2026-02-24"},
        ],
        "loan_line": [{"id": 5, **LINE, "loan_id": 1}, {"id": 8, **LINE, "loan_id": 1,
                                                        "quantity": 5, "total_cents": 500}],
        "notice": [],
    }  # fmt: skip


class Shop:
    """A running workshop, for short sentences."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance

    async def ask(self, tool: str, **arguments: Any) -> Any:
        """What a call answers, which has to succeed."""
        result = await self.instance.call_tool(tool, arguments)
        assert not result.is_error, result.text
        return json.loads(result.text)

    async def refused(self, tool: str, **arguments: Any) -> tuple[int | None, str, str]:
        """Status, rule and message of a call that has to be refused, and to change nothing."""
        before = await self.instance.state_hash()
        result = await self.instance.call_tool(tool, arguments)
        assert result.is_error
        detail = json.loads(result.text.split("Response: ", 1)[1])["detail"]
        assert await self.instance.state_hash() == before
        return result.status, detail["rule"], detail["message"]


@pytest.fixture
async def shop(runtime: Runtime):
    async with alive(runtime, rows()) as running:
        yield running


@asynccontextmanager
async def alive(runtime: Runtime, start: Any, style: Style | None = None):
    async with await runtime.launch(world_of(workshop(), start, style)) as instance:
        yield Shop(instance)


# --- reading ---


async def test_the_policies_tell_the_business_the_day_and_the_numbers(shop):
    assert await shop.ask("house_rules") == {
        "business": 'The "Mill" Workshop',
        "today": "2026-03-02",
        "policies": {"max_loans": 2, "late_fee_cents": 150},
    }


async def test_a_row_is_shown_with_every_column(shop):
    assert await shop.ask("get_tool", tool_id=3) == {
        "id": 3, **TOOL, "name": "Spoke_Key", "on_loan": False, "deposit_cents": 700,
    }  # fmt: skip


async def test_a_row_is_shown_with_its_parts_and_in_a_list_without(shop):
    shown = await shop.ask("get_loan", loan_id=1)
    assert [part["id"] for part in shown["loan_lines"]] == [5, 8]
    listed = await shop.ask("search_loans")
    assert "loan_lines" not in listed["items"][0]
    assert listed["total"] == 2


async def test_a_row_that_is_not_there_is_not_found(shop):
    refusal = await shop.refused("get_loan", loan_id=99)
    assert refusal == (404, "not_found", "There is no loan 99.")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [1, 2, 3, 4]),
        ({"name": "sander"}, [1, 4]),
        ({"name": "_"}, [3]),
        ({"name": "%"}, []),
        ({"group": "power"}, [2]),
        ({"on_loan": True}, [1]),
        ({"on_loan": False, "group": "hand"}, [3, 4]),
        ({"max_deposit_cents": 999}, [3]),
        ({"min_deposit_cents": 1000, "limit": 2}, [1, 2]),
        ({"limit": 2, "offset": 3}, [4]),
        ({"offset": 100}, []),
        ({"order_by": "name", "descending": True}, [3, 4, 2, 1]),
        ({"order_by": "deposit_cents"}, [3, 1, 2, 4]),
        ({"order_by": "deposit_cents", "descending": True}, [1, 2, 4, 3]),
        ({"descending": True}, [4, 3, 2, 1]),
    ],
)
async def test_a_list_is_filtered_sorted_and_cut(shop, asked, found):
    answer = await shop.ask("search_tools", **asked)
    assert [row["id"] for row in answer["items"]] == found


async def test_the_total_counts_what_is_on_other_pages_too(shop):
    assert (await shop.ask("search_tools", limit=1, group="hand"))["total"] == 3


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"member_id": 1, "status": "open"}, [1]),
        ({"due_on_from": "2026-02-26"}, [1]),
        ({"due_on_to": "2026-02-25"}, [2]),
        ({"returned_on_from": "2026-01-01"}, [2]),
        ({"member_id": 77}, []),
    ],
)
async def test_references_states_and_dates_filter(shop, asked, found):
    answer = await shop.ask("search_loans", **asked)
    assert [row["id"] for row in answer["items"]] == found


# --- editing ---


async def test_an_edit_changes_what_is_given_and_answers_the_row(shop):
    changed = await shop.ask("update_tool", tool_id=2, deposit_cents=800)
    assert (changed["deposit_cents"], changed["group"]) == (800, "power")
    assert await shop.ask("get_tool", tool_id=2) == changed


async def test_an_edit_of_nothing_is_refused(shop):
    refusal = await shop.refused("update_tool", tool_id=2)
    assert refusal == (422, "invalid_arguments", "Give at least one field to change.")


async def test_what_may_be_empty_can_be_emptied_and_nothing_else(shop):
    assert (await shop.ask("update_branch", branch_id=1, head_id=None))["head_id"] is None
    assert (await shop.refused("update_tool", tool_id=2, deposit_cents=None))[0] == 422


async def test_a_name_that_another_has_is_taken_and_the_own_is_not(shop):
    refusal = await shop.refused("update_member", member_id=1, name="Bo 50% Lind")
    assert refusal == (409, "already_taken", "There already is another member with this name.")
    assert (await shop.ask("update_member", member_id=1, name="Ada O'Hara"))["id"] == 1
    assert (await shop.refused("update_member", member_id=1, email="bo@x.org"))[
        1
    ] == "already_taken"


async def test_an_edit_has_rules_that_see_what_is_given(shop):
    refusal = await shop.refused("update_member", member_id=3, credit_cents=5)
    assert refusal == (409, "suspended_stays", "Cem Ünal is suspended.")
    assert (await shop.ask("update_member", member_id=3, name="Cem"))["name"] == "Cem"


async def test_a_reference_to_nothing_cannot_be_edited_in(shop):
    refusal = await shop.refused("update_member", member_id=1, home_id=9)
    assert refusal == (404, "not_found", "There is no branch 9.")


async def test_numbers_keep_to_the_range_of_their_field(shop):
    assert (await shop.refused("update_tool", tool_id=1, deposit_cents=499))[0] == 422
    assert (await shop.refused("update_tool", tool_id=1, deposit_cents=12001))[0] == 422
    assert (await shop.ask("update_member", member_id=1, credit_cents=-5000))["id"] == 1


# --- acting ---


async def test_a_new_row_is_filled_from_arguments_values_and_defaults(shop):
    made = await shop.ask("lend_tool", member_id=2, tool_id=3, due_on="2026-03-20")
    assert made == {
        "id": 3, "member_id": 2, "tool_id": 3, "status": "open", "lent_on": "2026-03-02",
        "due_on": "2026-03-20", "returned_on": None, "deposit_cents": 700, "twice_cents": 1400,
        "fee_cents": 0, "note": None, "loan_lines": [],
    }  # fmt: skip
    assert (await shop.ask("get_tool", tool_id=3))["on_loan"] is True


async def test_it_answers_created(shop):
    result = await shop.instance.call_tool(
        "lend_tool", {"member_id": 2, "tool_id": 3, "due_on": "2026-03-20", "note": "é漢"}
    )
    assert result.status == 201
    assert json.loads(result.text)["note"] == "é漢"


async def test_fields_can_be_set_from_the_policies(shop):
    made = await shop.ask("enrol_member", name="Dee", home_id=1, referred_by_id=1)
    assert (made["credit_cents"], made["suspended"], made["email"]) == (200, False, None)
    assert (made["id"], made["referred_by_id"]) == (4, 1)


async def test_a_new_row_cannot_take_a_name(shop):
    refusal = await shop.refused("enrol_member", name="Ada O'Hara", home_id=1)
    assert refusal[:2] == (409, "already_taken")


async def test_a_reference_can_be_unique_too(shop):
    made = await shop.ask("enrol_member", name="Dee", home_id=1, locker_id=1)
    assert made["locker_id"] == 1
    refusal = await shop.refused("enrol_member", name="Eve", home_id=1, locker_id=1)
    told = "There already is another member with this locker id."
    assert refusal == (409, "already_taken", told)
    assert (await shop.refused("update_member", member_id=1, locker_id=1))[2] == told
    assert (await shop.ask("enrol_member", name="Eve", home_id=1))["locker_id"] is None


async def test_rows_are_looked_for_before_rules_are_and_in_order(shop):
    wrong = {"member_id": 98, "tool_id": 99, "due_on": "2020-01-01"}
    assert await shop.refused("lend_tool", **wrong) == (404, "not_found", "There is no member 98.")
    wrong["member_id"] = 3
    assert await shop.refused("lend_tool", **wrong) == (404, "not_found", "There is no tool 99.")


async def test_rules_are_checked_in_their_order_and_say_why(shop):
    wrong = {"member_id": 3, "tool_id": 1, "due_on": "2020-01-01"}
    refusal = await shop.refused("lend_tool", **wrong)
    assert refusal == (409, "suspended", 'Cem Ünal is suspended; ask Mill, "please".')
    refusal = await shop.refused("lend_tool", **{**wrong, "member_id": 2})
    assert refusal == (409, "tool_on_loan", "Belt Sander is out on loan.")
    refusal = await shop.refused("lend_tool", **{**wrong, "member_id": 2, "tool_id": 2})
    assert refusal[1:] == (
        "due_in_past",
        "The due date 2020-01-01 is not within 60 days of 2026-03-02.",
    )


async def test_a_quota_counts_what_is_there(shop):
    await shop.ask("lend_tool", member_id=1, tool_id=3, due_on="2026-03-20")
    refusal = await shop.refused("lend_tool", member_id=1, tool_id=4, due_on="2026-03-20")
    assert refusal[1:] == ("loan_limit", "Ada O'Hara has 2 tools out already, worth $17.00.")


async def test_the_state_is_looked_at_before_the_rules(shop):
    refusal = await shop.refused("return_tool", loan_id=2)
    told = "The loan is returned; it would have to be open."
    assert refusal == (409, "wrong_status", told)
    refusal = await shop.refused("extend_loan", loan_id=2, number=30)
    assert refusal[2] == "The loan is returned; it would have to be open or lost."


async def test_an_action_changes_its_row_and_others(shop):
    done = await shop.ask("return_tool", loan_id=1)
    assert (done["status"], done["returned_on"], done["fee_cents"]) == (
        "returned",
        "2026-03-02",
        300,
    )
    assert [part["id"] for part in done["loan_lines"]] == [5, 8]
    assert (await shop.ask("get_tool", tool_id=1))["on_loan"] is False
    assert (await shop.ask("get_branch", branch_id=1))["cash_cents"] == 800


async def test_dates_are_counted_and_added_to(shop):
    done = await shop.ask("extend_loan", loan_id=1, number=30)
    assert done["due_on"] == "2026-03-30"
    await shop.ask("extend_loan", loan_id=1, number=30)
    assert (await shop.refused("extend_loan", loan_id=1, number=30))[1] == "too_long"


async def test_a_new_row_is_not_in_lists_while_it_is_made_and_is_in_them_then(shop):
    line = {"loan_id": 1, "says_what": "a belt", "quantity": 3, "price_cents": 70}
    made = await shop.ask("add_line", **line)
    assert made == {"id": 9, **line, "total_cents": 210, "place": 3}
    loan = await shop.ask("get_loan", loan_id=1)
    assert loan["fee_cents"] == 200 + 500 + 210
    notice = {"id": 1, "member_id": 1, "text": "another line", "level": "low", "weight": 0}
    assert (await shop.ask("search_notices"))["items"] == [notice]


async def test_rows_that_are_removed_are_out_of_lists_at_once(shop):
    left = await shop.ask("clear_lines", loan_id=1)
    assert left["fee_cents"] == 200
    assert [part["id"] for part in left["loan_lines"]] == [5]


async def test_lists_are_gone_through_whole_while_rows_leave_them(shop):
    await shop.ask("move_loans", member_id=1, other_id=2, hours=3)
    assert (await shop.ask("search_loans", member_id=2))["total"] == 2
    assert [(await shop.ask("get_tool", tool_id=row))["hours"] for row in (1, 2)] == [3, 3]
    # The argument became a variable on the way.
    assert (await shop.ask("get_member", member_id=2))["credit_cents"] == 2


async def test_a_row_that_others_need_is_not_removed(runtime, shop):
    refusal = await shop.refused("drop_member", member_id=1)
    assert refusal == (409, "still_needed", "Ada O'Hara is still needed.")
    # Should a blueprint forget to ask, the database does not.
    drop = replace(workshop().actions["drop_member"], needs=())
    careless = replace(workshop(), actions={**workshop().actions, "drop_member": drop})
    async with await runtime.launch(world_of(careless, rows())) as instance:
        refusal = await Shop(instance).refused("drop_member", member_id=1)
        assert refusal[:2] == (409, "constraint")


async def test_a_row_is_removed_with_its_parts(shop):
    assert await shop.ask("drop_loan", loan_id=1) == {"removed": 1}
    assert (await shop.refused("get_loan", loan_id=1))[0] == 404
    assert (await shop.ask("search_loans"))["total"] == 1
    diff = await shop.instance.diff()
    gone = {table.table: len(table.removed) for table in diff.tables if table.removed}
    assert gone == {"loans": 1, "loan_lines": 2}


async def test_an_action_without_a_row_says_that_it_is_done(shop):
    assert await shop.ask("send_reminders", level="high") == {"done": True}
    assert (await shop.ask("search_notices"))["items"][0]["level"] == "high"
    await shop.ask("return_tool", loan_id=1)
    assert (await shop.refused("send_reminders", level="low"))[1] == "nobody_late"


# --- arguments ---


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"due_on": 5}, "due_on: Write the date as YYYY-MM-DD."),
        ({"due_on": "2026-02-30"}, "due_on: Input should be a valid date"),
        ({"due_on": "9999-01-01"}, "due_on: The date has to lie between the years 1900 and 2200."),
        ({"member_id": 0}, "member_id: Input should be greater than or equal to 1"),
        ({"member_id": 2**31}, "member_id: Input should be less than or equal to 2147483647"),
        ({"member_id": 10**400}, "member_id: "),
        ({"member_id": None}, "member_id: Input should be a valid integer"),
        ({"note": ""}, "note: String should have at least 1 character"),
        ({"note": "x" * 501}, "note: String should have at most 500 characters"),
        ({"note": "a\nb"}, "note: Write one line of text, without control characters."),
        ({"note": "\ud800"}, "note: "),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
async def test_wrong_arguments_are_named_and_not_repeated(shop, arguments, told):
    good = {"member_id": 2, "tool_id": 3, "due_on": "2026-03-20"}
    status, rule, message = await shop.refused("lend_tool", **{**good, **arguments})
    assert (status, rule) == (422, "invalid_arguments")
    assert message.startswith(told)
    assert len(message) < 200


async def test_any_date_can_be_said_and_rules_decide(shop):
    far = {"member_id": 2, "tool_id": 3, "due_on": "2150-01-01"}
    assert (await shop.ask("lend_tool", **far))["due_on"] == "2150-01-01"


async def test_every_tool_answers_whatever_it_is_called_with(runtime):
    dice = random.Random(4)
    for blueprint in (workshop(), kiosk()):
        world = world_of(blueprint, rows_by_lot(blueprint, 3))
        async with await runtime.launch(world) as instance:
            for tool in await instance.list_tools():
                calls = [*(plausible(tool, dice) for _ in range(4)), *hostile(tool, dice)]
                for arguments in calls:
                    result = await instance.call_tool(tool.name, arguments)
                    assert result.status in (200, 201, 404, 409, 422), (tool.name, arguments)
                    assert result.exception is None


async def test_tools_are_described_with_rules_and_an_example(shop):
    tools = {tool.name: tool for tool in await shop.instance.list_tools()}
    told = tools["lend_tool"].description
    assert told.startswith("Lend <tool> to <member> until <due date>.\n\nAdds a loan")
    assert "- tool_on_loan: <tool> is out on loan." in told
    assert '"due_on": "2026-03-09"' in told
    assert tools["lend_tool"].input_schema["required"] == ["member_id", "tool_id", "due_on"]
    assert list(tools["search_loans"].input_schema["properties"])[-2:] == ["limit", "offset"]


async def test_the_style_names_and_shapes_the_tools(runtime):
    style = Style("find", "show", "edit", "rules_of_house", "/api/v2", "rows", "count", sorts=False)
    async with alive(runtime, rows(), style) as shop:
        assert (await shop.ask("find_tools", limit=1))["count"] == 4
        assert (await shop.ask("show_tool", tool_id=1))["id"] == 1
        assert (await shop.ask("rules_of_house"))["today"] == "2026-03-02"
        tools = {tool.name: tool for tool in await shop.instance.list_tools()}
        assert "order_by" not in tools["find_tools"].input_schema["properties"]
