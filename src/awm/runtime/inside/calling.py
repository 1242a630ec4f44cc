"""Finds the function of a verifier program and calls it, however its author wrote it down.

The published pipeline asks for `verify_task_completion(initial_db_path, final_db_path,
final_answer)` and `verify_task(initial_db_path, final_db_path)`; its programs also come with other
names that begin with `verify`, with fewer parameters, and with other names for them.
"""

import inspect
import json
import os
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from awm.runtime.inside.faults import UnfitProgramError
from awm.runtime.inside.states import FINAL, INITIAL

__all__ = ["PROGRAM_FILE", "call_program", "compile_program"]

PROGRAM_FILE: Final = "<verifier>"
"""The file name under which a program is compiled."""

_MODULE: Final = "verifier"

_FUNCTIONS: Final[Mapping[str, str]] = {"code": "verify_task_completion", "sql": "verify_task"}
_PREFIX: Final = "verify"
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "initial": ("initial_db_path", "initial_db", "initial_path", "initial", "before"),
    "final": ("final_db_path", "final_db", "final_path", "final", "after", "db_path"),
    "answer": ("final_answer", "answer", "agent_answer", "response"),
}
_MEANING: Final = {name: key for key, names in _NAMES.items() for name in names}


def compile_program(code: str) -> CodeType:
    """Compile a program.

    Raises:
        UnfitProgramError: It does not compile.
    """
    try:
        return compile(code, PROGRAM_FILE, "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f"line {error.lineno}" if error.lineno else "the code"
        raise UnfitProgramError("syntax", f"{where} does not compile: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # null bytes, lone surrogates; deep nesting
        raise UnfitProgramError("syntax", f"the code does not compile: {error}") from error


def call_program(compiled: CodeType, mode: str, answer: str | None) -> object:
    """Execute a program anew and call its function.

    Args:
        compiled: The program.
        mode: `code` or `sql`; which of its functions is meant.
        answer: What the agent said in the end.

    Returns:
        Whatever the function returned.

    Raises:
        UnfitProgramError: It has no such function.
        BaseException: Whatever the program raises.
    """
    # Classes look their annotations up in the module that they say they are of.
    module = ModuleType(_MODULE)
    namespace = vars(module)
    # The published runner gives its programs these modules, and some of them rely on it.
    namespace.update(json=json, os=os, re=re, sqlite3=sqlite3)
    sys.modules[_MODULE] = module
    try:
        return _call(compiled, namespace, mode, answer)
    finally:
        sys.modules.pop(_MODULE, None)


def _call(compiled: CodeType, namespace: dict[str, Any], mode: str, answer: str | None) -> object:
    exec(compiled, namespace)  # noqa: S102 - this process is jailed for it
    function = _function(namespace, mode)
    bound = _bind(inspect.signature(function), answer)
    return function(*bound.args, **bound.kwargs)


def _function(namespace: Mapping[Any, Any], mode: str) -> Callable[..., object]:
    for name in (_FUNCTIONS[mode], *_FUNCTIONS.values()):
        found = namespace.get(name)
        if callable(found):
            function: Callable[..., object] = found
            return function
    candidates = list(_candidates(namespace))
    for candidate in candidates:  # an assisting function takes other things than paths
        if any(name.lower() in _MEANING for name in inspect.signature(candidate).parameters):
            return candidate
    if candidates:
        return candidates[0]
    raise UnfitProgramError("no_function", f"it defines no function {_FUNCTIONS[mode]}")


def _candidates(namespace: Mapping[Any, Any]) -> Iterator[Callable[..., object]]:
    for name, value in tuple(namespace.items()):
        if isinstance(name, str) and name.startswith(_PREFIX) and isinstance(value, FunctionType):
            yield value


def _bind(signature: inspect.Signature, answer: str | None) -> inspect.BoundArguments:
    """Arguments by the names of the parameters, and by their order where a name says nothing."""
    values: dict[str, object] = {"initial": INITIAL, "final": FINAL, "answer": answer}
    bound = signature.bind_partial()
    unknown = []
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            unknown.append(parameter)
        elif (meaning := _MEANING.get(name.lower())) in values:
            bound.arguments[name] = values.pop(meaning)
        elif parameter.kind is not parameter.VAR_KEYWORD and parameter.default is parameter.empty:
            unknown.append(parameter)
    for parameter in unknown:
        if parameter.kind is parameter.VAR_POSITIONAL:
            bound.arguments[parameter.name] = tuple(values.values())
            values.clear()
        elif values:
            bound.arguments[parameter.name] = values.pop(next(iter(values)))
    # `bind_partial` keeps arguments in the order of the parameters, and so has this.
    ordered = {
        name: bound.arguments[name] for name in signature.parameters if name in bound.arguments
    }
    return inspect.BoundArguments(signature, ordered)
