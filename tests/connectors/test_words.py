"""What connectors say: English at once, and to be told in another language after a queue, a column, a redaction."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import dataclass

import pytest
from django.utils.translation import override

from connectors.models import Shop
from connectors.plain import plain, restore
from connectors.redact import HIDDEN, Redactor
from connectors.telling import kept, stored, worded
from connectors.types import Finding
from connectors.words import NOTHING, Words, joined, words

SECRET = "SECRET-KEY-42"
CLOCK = words("Sage's clock and ours differ by %(n)s seconds.", n=7)
AWAY = words(
    "%(what)s. Nothing was changed; it is tried again by itself. If this lasts, look into the server's log.",
    what=words("%(host)s: %(why)s", host="books.example", why=words("no answer in time")),
)
FRENCH = {
    CLOCK: "L'horloge de Sage et la nôtre diffèrent de 7 secondes.",
    AWAY: (
        "books.example\xa0: pas de réponse dans le délai. Rien n'a été modifié\xa0; un nouvel essai a lieu de "
        "lui-même. Si cela dure, consultez le journal du serveur."
    ),
    joined(CLOCK, "as told"): "L'horloge de Sage et la nôtre diffèrent de 7 secondes. as told",
    words("no JSON"): "pas de JSON",
    NOTHING: "",
}


def in_french(said: object) -> str:
    with override("fr"):
        return worded(said)


def test_it_is_the_english_sentence() -> None:
    assert CLOCK == "Sage's clock and ours differ by 7 seconds."
    assert f"{AWAY}".startswith("books.example: no answer in time. Nothing was changed;")
    assert json.dumps(CLOCK) == json.dumps(str(CLOCK))


@pytest.mark.parametrize("said", FRENCH)
def test_it_is_told_in_the_readers_language_wherever_it_was_meanwhile(said: Words) -> None:
    for same in (
        said,
        pickle.loads(pickle.dumps(said)),  # noqa: S301 - our own
        copy.deepcopy(said),
        json.loads(json.dumps(plain(said))),
    ):
        assert in_french(same) == FRENCH[said]
        assert worded(same) == said
        assert kept(same) == said


def test_a_finding_keeps_its_words_as_json() -> None:
    finding = Finding(words("clock"), None, CLOCK)
    kept_as = json.loads(json.dumps(plain(finding)))
    assert restore(Finding, kept_as) == finding
    assert in_french(restore(Finding, kept_as).text) == FRENCH[CLOCK]


@dataclass(frozen=True)
class Doc:
    """As a Document: texts of ours among texts of Sage's."""

    warnings: tuple[str, ...]


def test_texts_of_others_beside_it_stay_as_they_are() -> None:
    doc = restore(Doc, json.loads(json.dumps(plain(Doc(("Credit limit", CLOCK))))))
    assert [in_french(each) for each in doc.warnings] == ["Credit limit", FRENCH[CLOCK]]


@pytest.mark.parametrize("old", ["The key was refused.", "", None])
def test_what_was_kept_before_it_had_words_is_told_as_it_is(old: str | None) -> None:
    assert in_french(old) == (old or "")


def test_a_template_that_is_not_in_the_catalogue_any_more_is_told_in_english() -> None:
    assert in_french({"template": "Once we said %(what)s.", "values": {"what": "so"}}) == "Once we said so."


@pytest.mark.django_db
@pytest.mark.parametrize("said", [*FRENCH, "Plain text.", '{"template": broken'])
def test_a_column_gives_back_what_it_was_given(said: str) -> None:
    row = Shop(state_reason=said)
    value = row._meta.get_field("state_reason").get_prep_value(row.state_reason)
    back = Shop._meta.get_field("state_reason").from_db_value(value, None, None)
    assert back == said
    assert in_french(back) == FRENCH.get(said, said)  # type: ignore[call-overload]
    assert value == (stored(said) if isinstance(said, Words) else said)


# --- secrets ----------------------------------------------------------------------------------------------------------


def hide(said: Words) -> Words:
    return said.redacted(Redactor((SECRET,), ("user", SECRET)))


@pytest.mark.parametrize(
    "said",
    [
        words("The shop says: “%(said)s”", said=f"no {SECRET} here"),
        joined(words("Sage does not understand our question."), words("Sage says: %(said)s", said=f"ws_key={SECRET}")),
        words(
            "%(host)s: %(why)s", host="https://u:hidden@books.example", why=words("Sage says: %(said)s", said=SECRET)
        ),
    ],
)
def test_secrets_are_taken_out_of_values_and_the_rest_stays_translatable(said: Words) -> None:
    clean = hide(said)
    told = f"{clean} {plain(clean)} {in_french(clean)} {stored(clean)}"
    assert SECRET not in told
    assert "u:hidden" not in told
    assert HIDDEN in clean
    assert clean.template == said.template
    assert in_french(clean) != clean


def test_a_secret_that_only_the_whole_shows_leaves_one_english_text() -> None:
    clean = hide(words("%(host)s: %(why)s", host="password", why="hunter22"))
    assert "hunter22" not in f"{clean} {plain(clean)} {in_french(clean)}"
    assert clean == f"password: {HIDDEN}"


def test_words_without_secrets_are_not_touched() -> None:
    for said in FRENCH:
        assert plain(hide(said)) == plain(said)
