"""Everything marked to be translated is in the French catalogues, whole, compiled, with its values and the right form.

Needs no gettext tools: the texts are read from the source as Django's ``makemessages`` would.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from string import Formatter

import polib
import pytest
from django.utils.translation import override
from django.utils.translation.template import templatize

from connectors.models import Shop
from staging.admin.words import cause_line, cause_view
from staging.causes import CAUSES, Cause
from staging.models import Issue, StagedOrder
from staging.templatetags.back_office import count, shop_time, shown, span
from staging.wording import FIXED, amount, figures, place_words

PROJECT = Path(__file__).parent.parent
APPS = ("connectors", "mappings", "staging", "syncbridge")
CATALOGUES = sorted(PROJECT.glob("*/locale/fr/LC_MESSAGES/django.po"))
NAMES = [path.relative_to(PROJECT).parts[0] for path in CATALOGUES]

EAGER = {"gettext": 0, "ngettext": 0, "pgettext": 1, "npgettext": 1}
MARKS = EAGER | {f"{name}_lazy": place for name, place in EAGER.items()} | {"gettext_noop": 0, "words": 0}
"""What marks a text, with the place of the text among the arguments; a context stands before it."""
HOMES = ("django.utils.translation", "connectors.words")
"""Where the marks come from."""

Text = tuple[str, str]
"""Context and English text."""

VALUE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w[^>]*>|https?://\S+")
ENGLISH_FORM = re.compile(r"(?<=\S) [;:?!»](?!\S)|« |[“”’]")
"""A common blank before a high sign, or the signs of English, where French has its own."""


def entries(path: Path) -> list[polib.POEntry]:
    return list(polib.pofile(str(path)))


def strings(entry: polib.POEntry) -> list[tuple[str, str]]:
    """English and French side by side; the plural against the plural."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


# --- the catalogues ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_each_text_has_its_french(path: Path) -> None:
    kept = entries(path)
    assert len(kept) > 20
    assert [entry.msgid for entry in kept if not entry.translated()] == []
    assert [entry.msgid for entry in kept if entry.fuzzy or entry.obsolete] == []


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_french_keeps_the_values_the_tags_and_the_blanks_at_the_ends(path: Path) -> None:
    for entry in entries(path):
        for english, french in strings(entry):
            assert sorted(VALUE.findall(french)) == sorted(VALUE.findall(english)), english
            assert french.endswith("\n") == english.endswith("\n"), english
            assert french[-1:].isspace() == english[-1:].isspace(), english


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_french_is_set_as_french(path: Path) -> None:
    wrong = [french for entry in entries(path) for _english, french in strings(entry) if ENGLISH_FORM.search(french)]
    assert wrong == []


@pytest.mark.parametrize("path", CATALOGUES, ids=NAMES)
def test_the_compiled_catalogue_says_the_same(path: Path) -> None:
    """A fresh machine has no gettext tools: what counts there is the .mo. (``make messages`` makes it.)"""
    assert path.with_suffix(".mo").is_file()
    compiled = polib.mofile(str(path.with_suffix(".mo")))
    told = {(entry.msgctxt, entry.msgid): strings(entry) for entry in compiled}
    assert told == {(entry.msgctxt, entry.msgid): strings(entry) for entry in entries(path)}


def test_one_text_has_one_french_wherever_it_stands() -> None:
    """Catalogues are laid over each other, so that two words for one would depend on their order."""
    found: dict[Text, set[str]] = {}
    for path in CATALOGUES:
        for entry in entries(path):
            found.setdefault((entry.msgctxt or "", entry.msgid), set()).add(str(strings(entry)))
    assert {text: words for text, words in found.items() if len(words) > 1} == {}


# --- the source -------------------------------------------------------------------------------------------------------


def modules() -> Iterator[tuple[str, ast.Module]]:
    for app in APPS:
        for path in sorted((PROJECT / app).rglob("*.py")):
            yield str(path.relative_to(PROJECT)), ast.parse(path.read_text())


def marks(module: ast.Module) -> dict[str, str]:
    """The names under which a module has imported what marks a text."""
    imports = [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    return {
        alias.asname or alias.name: alias.name
        for node in imports
        if node.module in HOMES
        for alias in node.names
        if alias.name in MARKS
    }


def marked(module: ast.Module) -> Iterator[ast.Call]:
    names = marks(module)
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            yield node


def text_of(call: ast.Call, mark: str) -> Text:
    """A text that is put together while the program runs is a fault: nobody can translate it."""
    texts = [node.value for node in call.args if isinstance(node, ast.Constant)]
    place = MARKS[mark]
    assert len(texts) > place, ast.unparse(call)
    return (str(texts[0]) if place else "", str(texts[place]))


def in_python() -> Iterator[Text]:
    for _name, module in modules():
        names = marks(module)
        for call in marked(module):
            assert isinstance(call.func, ast.Name)
            yield text_of(call, names[call.func.id])


def in_templates() -> Iterator[Text]:
    for path in sorted([*(PROJECT / "templates").rglob("*.html"), *(PROJECT / "templates").rglob("*.txt")]):
        source = templatize(path.read_text())
        for found in re.finditer(r"(?<![\w.])(?:_|n?p?gettext)\(", source):
            mark = found[0].strip("(").replace("_", "gettext")
            yield text_of(first_call(source[found.start() :]), mark)


def first_call(source: str) -> ast.Call:
    """The call that the source begins with, whatever follows."""
    for found in re.finditer(r"\)", source):
        try:
            node = ast.parse(source[: found.end()], mode="eval").body
        except SyntaxError:
            continue
        if isinstance(node, ast.Call):
            return node
    raise AssertionError(source[:80])


def test_the_catalogues_hold_every_text_of_the_source_and_no_other() -> None:
    """If not: ``make messages``, translate what is empty or fuzzy, and ``make messages`` again."""
    source = {*in_python(), *in_templates()}
    kept = {(entry.msgctxt or "", entry.msgid) for path in CATALOGUES for entry in entries(path)}
    assert len(source) > 1000
    assert source - kept == set()
    assert kept - source == set()


def test_no_text_is_translated_before_anybody_reads_it() -> None:
    """What is worked out when a module is loaded stays in the language of that moment: it has to be lazy."""
    early = []
    for name, module in modules():
        eager = {known for known, mark in marks(module).items() if mark in EAGER}
        early += [f"{name}:{call.lineno}" for call in at_load(module) if call.func.id in eager]  # type: ignore[attr-defined]
    assert early == []


def at_load(node: ast.AST) -> Iterator[ast.Call]:
    """The plain calls that loading runs: not in a body of a function, but in its decorators and defaults."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inner: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
    elif isinstance(node, ast.Lambda):
        inner = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        inner = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node
    for child in inner:
        yield from at_load(child)


# --- what staff read --------------------------------------------------------------------------------------------------


def issue_of(cause: Cause, place: str = "line 8") -> Issue:
    """An issue with a value for each name in the cause's texts."""
    names = {
        name for text in (cause.text, cause.remedy) for _lead, name, *_rest in Formatter().parse(str(text)) if name
    }
    values = {name: f"<{name}>" for name in names - {"value", "place", "item"}}
    order = StagedOrder(shop=Shop(), order_id=42)
    return Issue(order=order, code=cause.code, kind="item", value="BEDLAMP", place=place, values=values)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=list(CAUSES))
def test_each_cause_is_told_in_french_with_its_values(cause: Cause) -> None:
    issue = issue_of(cause)
    english, title = cause.tell(issue), str(cause.title)
    with override("fr"):
        assert str(cause.title) != title
        french = cause.tell(issue)
    assert french != english
    assert all(value in french for value in issue.values.values())
    assert "–" not in french
    assert ("BEDLAMP" in french) == ("BEDLAMP" in english)
    assert ("line 8" in french) == ("line 8" in english)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=list(CAUSES))
def test_a_group_of_orders_has_no_place_and_its_sentence_begins_all_the_same(cause: Cause) -> None:
    for language in ("en", "fr"):
        with override(language):
            text = cause_view(issue_of(cause)).text
            assert text[0].isalnum() or text[0] in "“«<"


def test_words_and_numbers_that_are_kept_with_an_issue_are_the_readers() -> None:
    values = {"what": "products with tax", "stated": "1234.50", "computed": "1234.49", "difference": "+0.01"}
    order = StagedOrder(shop=Shop(), order_id=42)
    order.open_issues = [  # type: ignore[attr-defined]
        Issue(order=order, code="totals-differ", value="products with tax", values=values | {"currency": "EUR"})
    ]
    order.first_cause = "totals-differ"
    issue = order.open_issues[0]  # type: ignore[attr-defined]
    assert "states 1,234.50 for products with tax" in CAUSES["totals-differ"].tell(issue)
    with override("fr"):
        told = CAUSES["totals-differ"].tell(issue)
        assert "indique 1\xa0234,50 pour produits TTC, le détail donne 1\xa0234,49\xa0: +0,01 EUR d'écart" in told
        assert cause_line(order) == "Les totaux de la boutique ne concordent pas produits TTC"


def test_a_code_of_sage_stays_as_it_is_even_if_it_looks_like_a_number() -> None:
    order = StagedOrder(shop=Shop(), order_id=42)
    issue = Issue(
        order=order, code="item-inactive", kind="item", value="12.50", place="line 8", values={"sage": "12.50"}
    )
    with override("fr"):
        assert "l'article Sage 12.50 est inactif" in CAUSES["item-inactive"].tell(issue)


@pytest.mark.parametrize(
    ("kept", "french"),
    [
        ("20 %: 1000.00 + 200.00 / 1000.00 + 200.01", "20 %: 1\xa0000,00 + 200,00 / 1\xa0000,00 + 200,01"),
        ("tax −0.01", "tax −0,01"),
        (
            "2026-11-01 12.03.2026 v1.2.3 REF-1.5 A1.5 1.5kg 12:30",
            "2026-11-01 12.03.2026 v1.2.3 REF-1.5 A1.5 1.5kg 12:30",
        ),
        ("It was 12.00. Now 13.50.", "It was 12,00. Now 13,50."),
    ],
)
def test_numbers_within_a_kept_text(kept: str, french: str) -> None:
    with override("fr"):
        assert figures(kept) == french


def test_amounts_numbers_times_and_places_in_french() -> None:
    moment = datetime(2026, 11, 23, 13, 5, tzinfo=UTC)
    with override("fr"):
        assert amount(Decimal("1234.5"), "EUR") == "1\xa0234,50 EUR"
        assert amount(Decimal("-0.01"), "EUR", signed=True) == "-0,01 EUR"
        assert count(1000000) == "1\xa0000\xa0000"
        assert shown(Decimal("2.500")) == "2,5"
        assert shop_time(moment, "Europe/Paris") == "23 nov. 2026 14:05 CET"
        assert (span(timedelta(seconds=1)), span(timedelta(hours=3))) == ("1 seconde", "3 heures")
        assert place_words("line 8", [7, 8]) == "Ligne 2"
        assert place_words("payment 12") == "Paiement 12"


def test_each_word_that_the_code_keeps_has_its_french() -> None:
    same = {"document", "lot"}
    with override("fr"):
        french = {word: str(text) for word, text in FIXED.items()}
    assert {word for word, text in french.items() if word == text} <= same | {"total"}
