import sys

import pytest

from awm.runtime.inside.calling import call_program, compile_program
from awm.runtime.inside.faults import UnfitProgramError
from awm.runtime.inside.states import FINAL, INITIAL


def called(code, mode="code", answer="said"):
    return call_program(compile_program(code), mode, answer)


@pytest.mark.parametrize(
    ("signature", "given"),
    [
        ("(initial_db_path, final_db_path, final_answer=None)", (INITIAL, FINAL, "said")),
        ("(final, initial)", (FINAL, INITIAL)),
        ("(a, b, c)", (INITIAL, FINAL, "said")),
        ("(a, b)", (INITIAL, FINAL)),
        ("(final_db_path, x)", (FINAL, INITIAL)),
        ("(db_path)", (FINAL,)),
        ("(answer)", ("said",)),
        ("()", ()),
        ("(a, /, b, *, answer)", (INITIAL, FINAL, "said")),
        ("(*each)", ((INITIAL, FINAL, "said"),)),
        ("(a, b, strict=True)", (INITIAL, FINAL, True)),
        ("(Initial_DB_Path, b=3, **more)", (INITIAL, 3, {})),
    ],
)
def test_parameters_get_what_their_names_ask_for_and_the_rest_in_order(signature, given):
    code = f"def verify_task_completion{signature}: return tuple(locals().values())"
    assert called(code) == given


@pytest.mark.parametrize(
    ("code", "mode", "chosen"),
    [
        ("def verify_task_completion(): return 1\ndef verify_task(): return 2", "code", 1),
        ("def verify_task_completion(): return 1\ndef verify_task(): return 2", "sql", 2),
        ("def verify_task(): return 2", "code", 2),
        ("def verify_row(row): return 1\ndef verify_all(initial, final): return 2", "code", 2),
        ("def verify_row(row): return 1", "code", 1),
        ("verify_task = lambda: 3", "sql", 3),
        ("import functools\nverify_task = functools.partial(lambda a: a, 4)", "sql", 4),
    ],
)
def test_the_function_that_is_meant_is_called(code, mode, chosen):
    assert called(code, mode) == chosen


def test_each_call_executes_the_program_anew():
    compiled = compile_program("seen = []\ndef verify_task(): seen.append(1); return len(seen)")
    assert [call_program(compiled, "sql", None) for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    "code",
    [
        # Each of these looks for the module that it stands in.
        (
            "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\n"
            "class Found:\n    rows: int | None = 1\ndef verify_task(): return Found().rows"
        ),
        (
            "import pickle\nclass Found: rows = 1\n"
            "def verify_task(): return pickle.loads(pickle.dumps(Found())).rows"
        ),
        "import sys\nrows = 1\ndef verify_task(): return sys.modules[__name__].rows",
    ],
)
def test_a_program_is_a_module_while_it_runs_and_leaves_none_behind(code):
    before = {*sys.modules}
    assert called(code, "sql") == 1
    assert "verifier" not in {*sys.modules} - before


@pytest.mark.parametrize("code", ["def (", "\0", "'\ud800'", "(" * 9999])
def test_what_does_not_compile_is_a_fault_of_its_own_kind(code):
    with pytest.raises(UnfitProgramError, match="does not compile") as caught:
        compile_program(code)
    assert caught.value.kind == "syntax"


def test_a_program_without_a_function_says_which_is_missing():
    with pytest.raises(UnfitProgramError, match="no function verify_task_completion"):
        called("globals()[1] = 2\nverifier = 3")
