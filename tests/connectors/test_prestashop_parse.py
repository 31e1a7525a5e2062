"""List answers as rows: recorded ones of both versions, and what modules, PHP and proxies make of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.prestashop.parse import NODES, Unreadable, rows
from connectors.sandbox.prestashop.troubles import WARNING
from tests.connectors.recorded import ANSWERS, read_recording

LISTS = [
    path
    for version in ("8.2", "9.1")
    for folder in ("resources", "list", "format")
    for path in sorted((ANSWERS / version / folder).glob("*.http"))
    if "application/json" in path.read_text() and '{"errors"' not in path.read_text()
]
GOOD = '{"orders":[{"id":6,"reference":"LWDWQOTWQ"},{"id":7,"reference":"X"}]}'
TWO = [{"id": "6", "reference": "LWDWQOTWQ"}, {"id": "7", "reference": "X"}]
SECRET = ("passwd", "secure_key", "reset_password_token", "download_hash")


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.relative_to(ANSWERS).as_posix())
def test_recorded_lists_are_read_as_text_without_secrets(path: Path) -> None:
    recorded = read_recording(path)
    if recorded.cut or recorded.status != 200 or not recorded.body:
        return
    single = not recorded.body.startswith(("[]", f'{{"{NODES.get(recorded.resource, recorded.resource)}":['))
    if single:
        with pytest.raises(Unreadable):
            rows(recorded.body, recorded.resource)
        return
    found = rows(recorded.body, recorded.resource)
    kinds = {type(value) for row in found for value in row.values()}
    assert kinds <= {str, type(None), dict, list}
    assert not any(f'"{name}"' in json.dumps(found) for name in SECRET)


def test_the_recorded_lists_are_there() -> None:
    assert len([path for path in LISTS if "8.2" in str(path)]) > 20
    assert len([path for path in LISTS if "9.1" in str(path)]) > 10


def test_both_versions_types_come_as_the_same_text() -> None:
    old = '{"orders":[{"id":6,"id_currency":"1","valid":"1","total":"29.000000","delay":false}]}'
    new = '{"orders":[{"id":6,"id_currency":1,"valid":true,"total":29.000000,"delay":"0"}]}'
    assert rows(old, "orders") == rows(new, "orders")


def test_an_empty_list_is_a_bare_pair_of_brackets() -> None:
    for text in ("[]", " []\n", "\ufeff[]", '{"orders":[]}', WARNING.decode() + "[]"):
        assert rows(text, "orders") == []


def test_the_slip_s_list_has_another_name_than_its_resource() -> None:
    assert rows('{"order_slips":[{"id":1}]}', "order_slip") == [{"id": "1"}]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + GOOD,
        "\n\n " + GOOD + "\n",
        WARNING.decode() + GOOD,
        "Deprecated: Automatic conversion of false to array is deprecated in /x.php on line 3\n" + GOOD,
        GOOD + "\n<!-- cached -->",
        WARNING.decode() * 3 + GOOD + "<script>track()</script>",
    ],
)
def test_rubbish_around_a_whole_list_is_cut_off(text: str) -> None:
    assert rows(text, "orders") == TWO


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        "42",
        '"orders"',
        "[1]",
        "[[]]",
        '{"orders":null}',
        '{"orders":{"id":1}}',
        '{"orders":[1,2]}',
        '{"order":{"id":6}}',
        '{"customers":[{"id":1}]}',
        '{"errors":[{"code":26,"message":"no"}]}',
        GOOD[:-10],
        GOOD[:20] + WARNING.decode() + GOOD[20:],
        GOOD + GOOD,
        "<html>" + GOOD,
        "Fatal error: out of memory\n" + GOOD,
        WARNING.decode() + "<p>see []</p>",
        '{"orders":[{"id":NaN}]}',
        '{"orders":[{"id":1,"note":"a\x0bb"}]}',
        '{"orders":' + "[" * 100_000,
        '{"orders":[{"id":1,"a":' + '{"a":' * 100_000,
    ],
    ids=lambda text: text[:25],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        rows(text, "orders")


def test_odd_characters_are_kept_unless_the_database_cannot_hold_them() -> None:
    text = '{"orders":[{"id":1,"note":"a\\u000bb 𝄞 \\u0000\\ud800 é","raw":"tab\\tline\\n"}]}'
    assert rows(text, "orders") == [{"id": "1", "note": "a\x0bb 𝄞 ? é", "raw": "tab\tline\n"}]


def test_secrets_are_stripped_at_any_depth() -> None:
    row: dict[str, Any] = dict.fromkeys(SECRET, "s3cret") | {"id": 1}
    text = json.dumps({"customers": [row | {"associations": {"x": [row]}}]})
    assert rows(text, "customers") == [{"id": "1", "associations": {"x": [{"id": "1"}]}}]


@given(
    st.text(max_size=200)
    | st.recursive(st.none() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(json.dumps)
)
def test_no_text_makes_it_crash(text: str) -> None:
    for candidate in (text, '{"orders":[' + text, '{"orders":[{"id":' + text + "}]}"):
        try:
            found = rows(candidate, "orders")
        except Unreadable:
            continue
        json.dumps(found, ensure_ascii=False).encode()
