"""Import and export through the pages: a preview with a diff, nothing half written, nothing that runs as a formula."""

from __future__ import annotations

import html
import io
import re
from decimal import Decimal
from typing import Any

import django_rq
import openpyxl  # type: ignore[import-untyped]
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from connectors.models import SageCompany, Shop
from mappings.models import (
    CarrierMapping,
    CustomerRule,
    ItemMapping,
    LocationMapping,
    Mapping,
    PaymentMapping,
    TaxClassMapping,
    TaxGroupMapping,
    revision,
)
from tests.mappings.conftest import add_record, woken

CSV, XLSX = "0", "1"


def preview(client: Client, content: bytes, table: str = "itemmapping", kind: str = CSV) -> str:
    file = SimpleUploadedFile(f"rows.{'csv' if kind == CSV else 'xlsx'}", content)
    answer = client.post(
        reverse(f"admin:mappings_{table}_import"), {"import_file": file, "format": kind, "resource": ""}
    )
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def confirm(client: Client, text: str, table: str = "itemmapping", **changes: str) -> str:
    """Press the preview's button."""
    names = ("import_file_name", "original_file_name", "format", "resource", "seen")
    fields = {name: re.search(rf'<input type="hidden" name="{name}"(?: value="([^"]*)")?', text) for name in names}
    said = {name: (found[1] or "") if found else "" for name, found in fields.items()}
    answer = client.post(reverse(f"admin:mappings_{table}_process_import"), {**said, **changes}, follow=True)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def offered(text: str) -> bool:
    """Whether the preview has the button that confirms it."""
    return 'name="import_file_name"' in text


def xlsx(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


TWO = b"reference,code,unit,factor,note\nBEDLAMP,A1-104/0,,,\nDESKBOX,A1-103/0,Box,2,ten at once\n"


def test_csv_preview_writes_nothing_and_confirming_wakes_once(
    accountant: Client, company: SageCompany, since: int, bells: None, django_capture_on_commit_callbacks: Any
) -> None:
    text = preview(accountant, TWO)
    assert offered(text)
    assert "BEDLAMP" in text
    assert not ItemMapping.objects.exists()
    assert revision(company.pk) == since
    with django_capture_on_commit_callbacks(execute=True):
        confirm(accountant, text)
    rows = ItemMapping.objects.order_by("reference").values_list("reference", "code", "unit", "factor")
    assert list(rows) == [("BEDLAMP", "A1-104/0", "", Decimal(1)), ("DESKBOX", "A1-103/0", "Box", Decimal(2))]
    assert revision(company.pk) == since + 1
    assert woken(company, since) == {("item", "BEDLAMP"), ("item", "DESKBOX")}
    assert [job.func_name for job in django_rq.get_queue("orders").jobs] == ["staging.jobs.validate_company"]


def test_xlsx_with_numbers_as_excel_types_them(accountant: Client, company: SageCompany) -> None:
    add_record(company, "item", "1001")
    content = xlsx(["Reference", "Code", "Factor"], [3405.0, 1001, 2.5], [None, None, None])
    confirm(accountant, preview(accountant, content, kind=XLSX))
    row = ItemMapping.objects.get()
    assert (row.reference, row.code, str(row.factor)) == ("3405", "1001", "2.5000")


@pytest.mark.parametrize(
    "content",
    [
        "reference;code;factor;note\r\nLAMPE;A1-104/0;1,5;été\r\n".encode("cp1252"),
        "\ufeffreference\tcode\tfactor\tnote\nLAMPE\tA1-104/0\t1.5\tété\n".encode(),
        'Reference,Code,Factor,Note\n\n LAMPE , a1104/0 ,"1,5",été\n,,,\n'.encode(),
    ],
    ids=["french excel", "tabs and a mark", "untidy"],
)
def test_files_as_they_come(accountant: Client, company: SageCompany, content: bytes) -> None:
    confirm(accountant, preview(accountant, content))
    row = ItemMapping.objects.get()
    assert (row.reference, row.code, str(row.factor), row.note) == ("LAMPE", "A1-104/0", "1.5000", "été")


def test_rows_are_found_by_their_key_and_unchanged_ones_are_skipped(
    accountant: Client, company: SageCompany, shop: Shop, bells: None
) -> None:
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-104/0")
    ItemMapping.objects.create(company=company, reference="DESK", code="A1-104/0")
    before = revision(company.pk)
    text = preview(accountant, b"shop,reference,code\n,BEDLAMP,A1-104/0\n,DESK,A1-103/0\nLamps,BEDLAMP,A1-400/0\n")
    assert "1 new, 1 updated, 0 deleted and 1 skipped" in confirm(accountant, text)
    assert woken(company, before) == {("item", "DESK"), ("item", "BEDLAMP")}
    assert ItemMapping.objects.get(shop=shop).code == "A1-400/0"
    assert ItemMapping.objects.get(shop=None, reference="DESK").code == "A1-103/0"
    again = preview(accountant, b"shop,reference,code\n,DESK,A1-103/0\n")
    before = revision(company.pk)
    confirm(accountant, again)
    assert revision(company.pk) == before


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"company,reference,code\nBooks,BEDLAMP,A9-999\n", "Sage has no item “A9-999”. Correct the code"),
        (b"company,reference,code\nBuchs,BEDLAMP,A1-104/0\n", "no Sage company “Buchs” here. Write one of: Books"),
        (b"shop,reference,code\nLampes,BEDLAMP,A1-104/0\n", "There is no shop “Lampes” here. Write one of: Lamps"),
        (b"reference,code,factor\nBEDLAMP,A1-104/0,two\n", "“two” is not a number. Write digits only"),
        (b"reference,code,factor\nBEDLAMP,A1-104/0,-1\n", "The quantity factor must be greater than 0"),
        (b"reference,code\nBEDLAMP,A1-104/0\nBEDLAMP,A1-103/0\n", "Row 1 of this file is about the same"),
        (b"reference,code\n" + b"X" * 65 + b",A1-104/0\n", "at most 64 characters"),
        (b"reference,code\n,A1-104/0\n", "This field cannot be blank"),
        (b"reference,code\nBEDLAMP,\n", "This field cannot be blank"),
    ],
)
def test_wrong_rows_are_refused_in_the_preview_in_plain_words(
    accountant: Client, company: SageCompany, shop: Shop, row: bytes, message: str
) -> None:
    text = preview(accountant, row)
    assert message in text
    assert not offered(text)
    assert not re.search(r"Traceback|Error:|Exception|DoesNotExist|InvalidOperation|&lt;class", text)


def test_one_wrong_row_keeps_the_others_out_too(accountant: Client, company: SageCompany) -> None:
    text = preview(accountant, TWO + b"X,NOPE,,,\n")
    assert not offered(text)
    assert not ItemMapping.objects.exists()


@pytest.mark.parametrize(("content", "kind"), [(b"PK\x03\x04broken", XLSX), (b"", CSV), (b"\x00\x01\x02", CSV)])
def test_a_file_that_is_none_is_refused(accountant: Client, company: SageCompany, content: bytes, kind: str) -> None:
    text = preview(accountant, content, kind=kind)
    assert not offered(text)
    assert "Error encountered" not in text
    assert "BadZipFile" not in text


def test_a_file_that_is_too_large_is_refused(accountant: Client, company: SageCompany) -> None:
    text = preview(accountant, b"reference,code\n" + b"x" * 1_000_001)
    assert "larger than 1 MB. Split it" in text


def test_what_was_changed_since_the_preview_has_to_be_looked_at_again(accountant: Client, company: SageCompany) -> None:
    text = preview(accountant, TWO)
    ItemMapping.objects.create(company=company, reference="BEDLAMP", code="A1-400/0")
    assert "This table was changed since the preview" in confirm(accountant, text)
    assert ItemMapping.objects.get().code == "A1-400/0"


def test_what_sage_lost_since_the_preview_stops_the_import(accountant: Client, company: SageCompany) -> None:
    text = preview(accountant, TWO)
    company.records.filter(code="A1-104/0").delete()
    assert "Nothing was imported" in confirm(accountant, text)
    assert not ItemMapping.objects.exists()


@pytest.mark.parametrize("name", ["passwd", "../../etc/passwd", "eJwrSS0uUShOLMlIVUhKLAIAQ-cGpA:1vN:forged", ""])
def test_only_a_file_that_we_previewed_is_imported(accountant: Client, company: SageCompany, name: str) -> None:
    confirm(accountant, preview(accountant, TWO), import_file_name=name)
    assert not ItemMapping.objects.exists()


def test_the_preview_leaves_no_file_behind(
    accountant: Client, company: SageCompany, tmp_path: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    confirm(accountant, preview(accountant, TWO))
    assert list(tmp_path.iterdir()) == []
    assert ItemMapping.objects.count() == 2


# --- the other tables -------------------------------------------------------------------------------------------------


def test_every_table_reads_back_what_it_wrote(accountant: Client, company: SageCompany, shop: Shop) -> None:
    CustomerRule.objects.create(company=company, field="any", code="WEB", create=True, match="vat", vat_as_written=True)
    TaxClassMapping.objects.create(company=company, tax_group="FRTVA", rate="5.5", code="3", label="S_5")
    TaxGroupMapping.objects.create(company=company, country="FR", state="FR-COR", buyer="private", code="FRTVA")
    TaxGroupMapping.objects.create(company=company, country="FR", code="FRTVA")
    PaymentMapping.objects.create(company=company, module="paypal", code="DIGWAL", terms="N30", bank="BNPEUR")
    CarrierMapping.objects.create(company=company, shop=shop, reference_id=2, name="My carrier", code="CCT")
    LocationMapping.objects.create(company=company, shop=shop, code="1")
    for table in (CustomerRule, TaxClassMapping, TaxGroupMapping, PaymentMapping, CarrierMapping, LocationMapping):
        name = table._meta.model_name or ""
        for kind in (CSV, XLSX):
            written = export(accountant, name, kind)
            kept = rows(table)
            table._default_manager.all().delete()
            confirm(accountant, preview(accountant, written, name, kind), name)
            assert rows(table) == kept


def rows(table: type[Mapping]) -> list[dict[str, Any]]:
    """All rows of a table but for their ids, in one order."""
    return sorted(({**row, "id": 0} for row in table._default_manager.values()), key=repr)


def test_states_are_written_as_orders_name_them(accountant: Client, company: SageCompany) -> None:
    confirm(accountant, preview(accountant, b"country,state,code\nfr,cor,FRTVA\n*,IT-RM,FRTVA\nBE,,FRTVA\n",
                                "taxgroupmapping"), "taxgroupmapping")  # fmt: skip
    found = TaxGroupMapping.objects.order_by("country").values_list("country", "state")
    assert list(found) == [("BE", "*"), ("FR", "FR-COR"), ("IT", "IT-RM")]
    refused = preview(accountant, b"country,state,code\n*,Corsica,FRTVA\n", "taxgroupmapping")
    assert "names no country" in refused
    assert not offered(refused)


def test_rules_get_their_position_and_words_for_yes(accountant: Client, company: SageCompany) -> None:
    rows = b"field,value,code,create\nany,,WEBEUR,\ngroup,3,WEB,oui\ncurrency,USD,WEBUSD,no\n"
    confirm(accountant, preview(accountant, rows, "customerrule"), "customerrule")
    found = CustomerRule.objects.values_list("position", "field", "value", "code", "create")
    assert list(found) == [
        (30, "group", "3", "WEB", True),
        (50, "currency", "USD", "WEBUSD", False),
        (90, "any", "*", "WEBEUR", False),
    ]
    text = preview(accountant, b"field,value,code,create\ngroup,4,WEB,perhaps\n", "customerrule")
    assert "“perhaps” is neither yes nor no" in text
    text = preview(accountant, b"field,value,code\ncolour,red,WEBEUR\n", "customerrule")
    assert not offered(text)


# --- export -----------------------------------------------------------------------------------------------------------


def export(client: Client, table: str = "itemmapping", kind: str = CSV) -> bytes:
    address = reverse(f"admin:mappings_{table}_export")
    answer = client.post(address, {"format": kind, "resource": ""})
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    return answer.content


DANGEROUS = ["=1+1", "+33 1", "-2+3", "@SUM(A1)", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_cell_of_an_export_can_run_and_all_come_back_as_they_were(
    accountant: Client, company: SageCompany, kind: str
) -> None:
    for number, text in enumerate(DANGEROUS):
        ItemMapping.objects.create(company=company, reference=f"R{number}", code="A1-104/0", note=text)
    content = export(accountant, kind=kind)
    if kind == XLSX:
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(content)).active.rows for cell in row]
        assert not [
            cell.value for cell in cells if cell.data_type == "f" or str(cell.value).startswith(("=", "@", "+"))
        ]
    else:
        assert content.startswith(b"\xef\xbb\xbf")
        assert not re.search(rb'[,\n]"?[=+@-]', content)
    ItemMapping.objects.all().delete()
    confirm(accountant, preview(accountant, content, kind=kind))
    assert sorted(ItemMapping.objects.values_list("note", flat=True)) == sorted(DANGEROUS)


def test_looking_is_not_enough_to_import(sign_in: Any, company: SageCompany) -> None:
    operator = sign_in("operator")
    assert operator.get(reverse("admin:mappings_itemmapping_import")).status_code == 403
    assert operator.post(reverse("admin:mappings_itemmapping_process_import")).status_code == 403
    assert b"BEDLAMP" not in export(operator)
