"""The sandbox Sage 300 over real HTTP: it behaves as the public facts about the Web API say (sage300.md 13)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
import requests

from connectors.sandbox.sage300 import Sage300Sandbox
from tests.connectors.sage300_client import Client, web_order


@pytest.fixture
def sage() -> Iterator[Sage300Sandbox]:
    with Sage300Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def client(sage: Sage300Sandbox) -> Client:
    return Client(sage)


class TestSigningOn:
    def test_a_wrong_password_or_lower_case_is_unauthorized(self, sage: Sage300Sandbox) -> None:
        for user, password in (("WEBAPI", "x"), ("webapi", "webapi"), ("NOBODY", "")):
            status, body = Client(sage, user, password).call("GET", "IC/ICItems")
            assert (status, body["error"]["code"]) == (401, "Unauthorized")

    def test_a_session_cookie_is_reused_without_credentials(self, sage: Sage300Sandbox, client: Client) -> None:
        client.get("IC/ICItems('A11040')")
        client.http.auth = None
        client.get("IC/ICItems('A11040')")
        assert sage.world.sessions.opened == 1

    def test_a_client_that_drops_cookies_fills_the_seats(self, sage: Sage300Sandbox) -> None:
        sage.limit_sessions(2)
        codes = [Client(sage).call("GET", "IC/ICLocations")[0] for _ in range(3)]
        assert codes == [200, 200, 500]

    def test_rights_count_per_module_and_for_the_web_api(self, sage: Sage300Sandbox) -> None:
        ar_only = Client(sage, "ARONLY", "ARONLY")
        ar_only.get("AR/ARTerms")
        assert ar_only.call("GET", "IC/ICItems")[0] == 403
        assert Client(sage, "ADMIN", "ADMIN").call("GET", "AR/ARTerms")[0] == 403
        sage.set_user("ADMIN", "ADMIN")
        Client(sage, "ADMIN", "ADMIN").get("AR/ARTerms")

    def test_a_post_without_content_type_is_500(self, sage: Sage300Sandbox, client: Client) -> None:
        response = requests.post(f"{client.base}/OE/OEOrders", data="{}", auth=("WEBAPI", "WEBAPI"), timeout=60)
        assert response.status_code == 500


class TestResources:
    def test_unknown_places_have_their_own_codes(self, sage: Sage300Sandbox, client: Client) -> None:
        cases = {
            "IC/ICNothing": (404, "ResourceNotFound"),
            "ZZ/ICItems": (404, "ResourceNotFound"),
            "IC/ICItems('NOTHING')": (404, "RecordNotFound"),
            "OE/OEOrders('abc')": (400, "InvalidEntityKey"),
            "AR/ARReceiptBatches": (404, "ResourceNotFound"),
        }
        for path, expected in cases.items():
            status, body = client.call("GET", path)
            assert (status, body["error"]["code"]) == expected, path
        client.base = client.base.replace("SAMLTD", "NOWHERE")
        assert client.call("GET", "IC/ICItems")[1]["error"]["code"] == "DBLinkError"

    def test_orders_take_no_change_and_tax_groups_only_reading(self, client: Client) -> None:
        number = client.order(web_order())["OrderUniquifier"]
        for verb, path in (("PATCH", f"OE/OEOrders({number})"), ("DELETE", f"OE/OEOrders({number})"),
                           ("POST", "TX/TXTaxGroups"), ("POST", "OE/OEInvoices")):  # fmt: skip
            status, body = client.call(verb, path, {})
            assert (status, body["error"]["code"]) == (405, "MethodNotAllowed"), (verb, path)

    def test_a_missing_resource_is_gone_from_the_metadata_too(self, sage: Sage300Sandbox, client: Client) -> None:
        assert client.get("IC/ICLocationDetails(ItemNumber='A11040',Location='1')")["QuantityOnHand"] == 250
        sage.set_options(missing=["IC/ICLocationDetails"])
        assert client.call("GET", "IC/ICLocationDetails")[1]["error"]["code"] == "ResourceNotFound"
        text = client.http.get(f"{client.base}/IC/$metadata", timeout=60).text
        assert "ICItems" in text
        assert "ICLocationDetails" not in text

    def test_keys_are_positional_named_and_in_any_order(self, client: Client) -> None:
        for key in (
            "'FRTVA','Sales'",
            "TaxGroupKey='FRTVA',TransactionType='Sales'",
            "TransactionType='Sales',TaxGroupKey=FRTVA",
        ):
            assert client.get(f"TX/TXTaxGroups({key})")["TaxAuthority1"] == "FRTVA"

    def test_metadata_lists_sets_keys_and_types(self, client: Client) -> None:
        root = ElementTree.fromstring(client.http.get(f"{client.base}/OE/$metadata", timeout=60).content)  # noqa: S314
        names = {each.get("Name") for each in root.iter("{http://docs.oasis-open.org/odata/ns/edm}EntitySet")}
        assert {"OEOrders", "OEInvoices", "OEShipViaCodes"} <= names
        order = next(
            e for e in root.iter("{http://docs.oasis-open.org/odata/ns/edm}EntityType") if e.get("Name") == "Order"
        )
        widths = {each.get("Name"): each.get("MaxLength") for each in order}
        assert widths["OrderNumber"] == "22"

    def test_the_two_companies_are_apart(self, sage: Sage300Sandbox, client: Client) -> None:
        client.order(web_order())
        other = requests.get(
            f"{client.base.replace('SAMLTD', 'SAMINC')}/OE/OEOrders", auth=("WEBAPI", "WEBAPI"), timeout=60
        )
        assert other.json()["value"] == []
        listed = client.http.get(f"{sage.base_url}/v1.0/-/Companies", timeout=60).json()["value"]
        assert [each["CompanyID"] for each in listed] == ["SAMLTD", "SAMINC"]

    def test_the_template_holds_the_defaults(self, client: Client) -> None:
        status, blank = client.call("POST", "OE/OEOrders('$template')")
        assert (status, blank["OrderType"], blank["OrderDetails"]) == (200, "Active", [])

    def test_bedlamp_is_missing_and_the_shop_s_other_articles_are_there(self, client: Client) -> None:
        assert client.call("GET", "IC/ICItems('BEDLAMP')")[0] == 404
        for number in ("A11030", "A11040", "DEMO_1", "BOOK55", "FOOD10", "ECOLAMP", "NOTAX", "ROUND3"):
            client.get(f"IC/ICItems('{number}')")


class TestLists:
    def test_pages_of_a_hundred_are_linked(self, sage: Sage300Sandbox, client: Client) -> None:
        for number in range(230):
            sage.add("ICItems", {"ItemNumber": f"MANY-{number:03d}", "Description": "One of many"})
        url, seen = f"{client.base}/IC/ICItems?$filter=startswith(UnformattedItemNumber,'MANY')&$count=true", []
        for _ in range(3):
            body = client.http.get(url, timeout=60).json()
            assert body["@odata.count"] == 230
            seen += [row["ItemNumber"] for row in body["value"]]
            url = body.get("@odata.nextLink", "")
        assert url == ""
        assert seen == [f"MANY-{number:03d}" for number in range(230)]

    def test_a_top_above_the_page_is_cut_and_goes_on(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(page_size=10)
        body = client.get("IC/ICItems", top="25")
        assert len(body["value"]) == 10
        rest = client.http.get(body["@odata.nextLink"], timeout=60).json()
        last = client.http.get(rest["@odata.nextLink"], timeout=60).json()
        assert (len(rest["value"]), len(last["value"]), "@odata.nextLink" in last) == (10, 5, False)

    @pytest.mark.parametrize(
        ("asked", "numbers"),
        [
            ("CustomerNumber eq '1200'", ["1200"]),
            ("GroupCode eq 'WHL' and City eq 'Los Angeles'", ["1105", "1500"]),
            ("CustomerNumber eq '1100' or CustomerNumber eq '1200'", ["1100", "1200"]),
            ("(City eq 'Paris' or City eq 'Vancouver') and CurrencyCode ne 'EUR'", ["1400", "WEBUSD"]),
            ("OnHold eq 'Yes'", ["1600"]),
            ("Status eq '1'", ["1700"]),
            ("CreditLimitCustomerCurrency ge 50000m", ["1100", "1105", "BARMART"]),
            ("CreditLimitCustomerCurrency gt 50000.00", ["BARMART"]),
            ("startswith(CustomerName,'Bargain Mart -')", ["1100", "1105"]),
            ("endswith(CustomerName, 'Inc.')", ["BARMART"]),
            ("contains(CustomerName,'Black')", ["1200"]),
            ("substringof('Black', CustomerName)", ["1200"]),
            ("length(CustomerNumber) eq 7", ["BARMART"]),
            ("CustomerName eq 'O''Brien'", []),
            ("DateLastMaintained lt datetime'2015-12-31T12:00'", []),
            ("StartDate eq null and CustomerNumber eq '1100'", ["1100"]),
        ],
    )
    def test_filters(self, client: Client, asked: str, numbers: list[str]) -> None:
        rows = client.get("AR/ARCustomers", filter=asked, select="CustomerNumber")["value"]
        assert [row["CustomerNumber"] for row in rows] == numbers

    @pytest.mark.parametrize(
        "options",
        [
            {"filter": "CustomerNumber eq X0001"},
            {"filter": "Nothing eq '1'"},
            {"filter": "CustomerNumber eq"},
            {"filter": "CreditLimitCustomerCurrency gt 'a'"},
            {"select": "Nothing"},
            {"orderby": "CustomerNumber"},
            {"top": "many"},
        ],
    )
    def test_bad_options_are_invalid_parameters(self, client: Client, options: dict[str, str]) -> None:
        status, body = client.call("GET", "AR/ARCustomers", **options)
        assert (status, body["error"]["code"]) == (400, "InvalidParameters")

    def test_an_unquoted_text_is_taken_for_a_property(self, client: Client) -> None:
        _, body = client.call("GET", "AR/ARCustomers", filter="CustomerNumber eq X0001")
        assert body["error"]["message"]["value"] == (
            "Could not find a property named 'X0001' on type 'Sage.CA.SBS.ERP.Sage300.AR.WebApi.Models.Customer'."
        )

    def test_select_narrows_rows_and_context(self, client: Client) -> None:
        body = client.get("AR/ARCustomers", select="CustomerNumber,City", top="1")
        assert list(body["value"][0]) == ["CustomerNumber", "City"]
        assert body["@odata.context"].endswith("/AR/$metadata#ARCustomers(CustomerNumber,City)")

    def test_the_old_spelling_counts_in_text(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(old_envelope=True)
        body = client.get("AR/ARTerms", count="true")
        assert body["odata.count"] == str(len(body["value"]))
        assert "@odata.context" not in body

    def test_texts_can_come_padded(self, sage: Sage300Sandbox, client: Client) -> None:
        sage.set_options(padded=True)
        row = client.get("AR/ARCustomers", filter="CustomerNumber eq '1200'")["value"][0]
        assert row["CustomerNumber"] == "1200        "
        assert client.order(web_order())["OrderNumber"] == "ORD000001".ljust(22)

    def test_lists_of_orders_with_and_without_lines(self, sage: Sage300Sandbox, client: Client) -> None:
        number = client.order(web_order())["OrderUniquifier"]
        assert len(client.get("OE/OEOrders")["value"][0]["OrderDetails"]) == 1
        sage.set_options(list_details=False)
        assert "OrderDetails" not in client.get("OE/OEOrders")["value"][0]
        assert len(client.get(f"OE/OEOrders({number})")["OrderDetails"]) == 1

    def test_orders_are_found_by_reference_and_above_a_uniquifier(self, client: Client) -> None:
        made = [client.order(web_order(OrderReference=f"PS_{n}"))["OrderUniquifier"] for n in range(12)]
        found = client.get("OE/OEOrders", filter="OrderReference eq 'PS_7'", select="OrderUniquifier")["value"]
        assert [row["OrderUniquifier"] for row in found] == [made[7]]
        later = client.get("OE/OEOrders", filter=f"OrderUniquifier gt {made[8]}")["value"]
        assert [row["OrderReference"] for row in later] == ["PS_9", "PS_10", "PS_11"]
        either = client.get("OE/OEOrders", filter="OrderReference eq 'PS_1' or OrderReference eq 'PS_2'")["value"]
        assert [row["OrderReference"] for row in either] == ["PS_1", "PS_2"]
        number = either[0]["OrderNumber"]
        for text in (
            f"OrderNumber eq '{number}' or OrderReference eq 'PS_1'",
            f"PurchaseOrderNumber eq '-' or OrderNumber eq '{number}'",
            f"(OrderReference eq 'PS_3' or OrderReference eq 'PS_1') and OrderUniquifier lt {made[3]}",
            f"OrderNumber eq '{number}' or OrderUniquifier lt {made[0]}",
        ):
            rows = client.get("OE/OEOrders", filter=text, count="true")
            assert [row["OrderUniquifier"] for row in rows["value"]] == [made[1]], text
            assert rows["@odata.count"] == 1


class TestCustomers:
    def test_a_group_is_a_template_that_what_follows_overrides(self, client: Client) -> None:
        body = {"CustomerNumber": "ps100", "GroupCode": "WEBUS", "TaxGroup": "EXPORT", "ShortName": "BUYER"}
        status, made = client.call("POST", "AR/ARCustomers", body)
        assert status == 201
        assert (made["CustomerNumber"], made["Terms"], made["TaxGroup"], made["CurrencyCode"], made["AccountSet"]) == (
            "PS100", "WEB", "EXPORT", "USD", "WEBUSD")  # fmt: skip
        _, other = client.call(
            "POST", "AR/ARCustomers", {"TaxGroup": "EXPORT"} | {"CustomerNumber": "PS2", "GroupCode": "WEB"}
        )
        assert other["TaxGroup"] == "FRTVA"
        assert client.refused(body, "AR/ARCustomers")[:2] == (409, "RecordDuplicate")

    def test_changes_are_partial_and_deletes_are_final(self, client: Client) -> None:
        client.call("POST", "AR/ARCustomers", {"CustomerNumber": "PS1", "GroupCode": "WEB", "CustomerName": "One"})
        assert client.call("PATCH", "AR/ARCustomers('PS1')", {"Email": "one@example.com"}) == (204, None)
        kept = client.get("AR/ARCustomers('PS1')")
        assert (kept["CustomerName"], kept["Email"]) == ("One", "one@example.com")
        assert client.call("PATCH", "AR/ARCustomers('PS1')", {"Terms": "NONE"})[1]["error"]["code"] == "FieldInvalid"
        assert client.call("DELETE", "AR/ARCustomers('PS1')")[0] == 204
        assert client.call("GET", "AR/ARCustomers('PS1')")[0] == 404

    def test_without_a_group_or_number_it_is_refused(self, client: Client) -> None:
        assert client.refused({"GroupCode": "NONE", "CustomerNumber": "X"}, "AR/ARCustomers")[:2] == (
            409,
            "FieldInvalid",
        )
        assert client.refused({"GroupCode": "WEB"}, "AR/ARCustomers")[:2] == (409, "FieldInvalid")

    def test_status_of_items_can_mean_either(self, sage: Sage300Sandbox, client: Client) -> None:
        assert client.get("IC/ICItems('A11040')")["Status"] is False
        sage.set_options(item_status_true_is="active")
        assert client.get("IC/ICItems('A11040')")["Status"] is True
        sage.set_item_active("A11040", active=False)
        assert "inactive" in client.refused(web_order({"Item": "A1-104/0", "QuantityOrdered": 1}))[2]
