"""What a connector says to people is marked to be translated: no error, finding or fault is made of a plain text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import errors

CONNECTORS = Path(errors.__file__).parent
DJANGO_SIDE = {"admin", "migrations", "sandbox", "models.py", "apps.py", "jobs.py", "telling.py"}
"""The sandbox is no connector; the rest has gettext."""

ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)}
SAID = {**dict.fromkeys(ERRORS, (0,)), "Finding": (0, 2, 3), "unreadable": (0,), "wrong": (1,), "Unreadable": (0,)}
"""Which arguments are told to people."""

NAMED = {"text", "remedy", "message", "subject", "fault", "notes"}
SENTENCE = re.compile(r"\b[A-Za-z][a-z']* [a-z]+ .*[.:?]\s*$|\. [A-Z][a-z]+ ")
"""Some words and a full stop, or where one sentence ends and another begins."""

TOLD_TO_OPERATORS = {"assumptions.py"}
"""The list of the switches is printed by a command, and commands are English."""


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(CONNECTORS.rglob("*.py")):
        name = path.relative_to(CONNECTORS)
        if not DJANGO_SIDE & set(name.parts):
            yield str(name), ast.parse(path.read_text())


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def plain_text(node: ast.AST) -> bool:
    """Whether the expression makes a text that nobody can translate; what a name holds is mypy's matter."""
    if isinstance(node, ast.Call):
        return called(node) in ("join", "format", "replace", "strip", "capitalize", "str")
    if isinstance(node, ast.IfExp):
        return plain_text(node.body) or plain_text(node.orelse)
    if isinstance(node, ast.BoolOp):
        return any(plain_text(value) for value in node.values)
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def unmarked(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and called(node) in SAID:
            told = [node.args[place] for place in SAID[called(node)] if place < len(node.args)]
            told += [each.value for each in node.keywords if each.arg in NAMED]
            yield from (each for each in told if plain_text(each))


def sentences(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that read like a sentence, outside docstrings and outside the mark."""
    known = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    known |= {id(node.args[0]) for node in ast.walk(module) if isinstance(node, ast.Call) and called(node) == "words"}
    for node in ast.walk(module):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in known else None
        if isinstance(text, str) and SENTENCE.search(text):
            yield getattr(node, "lineno", 0), text


def test_no_error_finding_or_fault_is_made_of_a_plain_text() -> None:
    found = [f"{name}:{node.lineno} {ast.unparse(node)}" for name, tree in modules() for node in unmarked(tree)]  # type: ignore[attr-defined]
    assert found == []


def test_no_sentence_stands_outside_the_mark() -> None:
    found = [
        f"{name}:{line} {text}"
        for name, tree in modules()
        if Path(name).name not in TOLD_TO_OPERATORS
        for line, text in sentences(tree)
    ]
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        'raise Unavailable("Sage is away.")',
        'raise Rejected(f"{resource} is empty")',
        'Finding(words("clock"), False, "wrong")',
        'Finding(words("clock"), None, words("wrong"), "Set it.")',
        'self.wrong(name, "is empty" if value else words("is missing"))',
        'answer.unreadable(" ".join(parts))',
        'Finding(words("clock"), False, text=error.message + ".")',
    ],
)
def test_the_test_sees_a_plain_text(code: str) -> None:
    assert len(list(unmarked(ast.parse(code)))) == 1


def test_the_test_sees_a_sentence() -> None:
    code = 'told = "The shop is away."\nother = words("It is away.")'
    assert list(sentences(ast.parse(code))) == [(1, "The shop is away.")]
