"""The Web API itself: one request in, one answer out. Signing on, rights, verbs, lists, records and processes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import customers
from .address import BASE, Address, action_of, read_key, read_path
from .books import Books, missing
from .credit_notes import create_credit_note
from .day_end import day_end
from .entry import fill
from .lists import padded, page
from .metadata import edmx
from .odata import read_query
from .orders import create_order
from .posting import post_invoices, post_receipts, post_refunds
from .receipts import change_batch, create_batch
from .refunds import change_refunds, create_refunds
from .resources import MODULES, RESOURCES, Resource
from .store import Store
from .users import User
from .wire import Entity, SageError, dumps, invalid_payload, loads, record_not_found

# Documents are entered by rules of their own; every other resource is a plain record.
_INSERTS: dict[str, Callable[[Books, Any], str]] = {
    "OE/OEOrders": create_order,
    "OE/OECreditDebitNotes": create_credit_note,
    "AR/ARReceiptAndAdjustmentBatches": create_batch,
    "AR/ARRefundBatches": create_refunds,
}
_CHANGES: dict[str, Callable[[Books, tuple[object, ...], Any], None]] = {
    "AR/ARReceiptAndAdjustmentBatches": change_batch,
    "AR/ARRefundBatches": change_refunds,
}
RUNS: dict[str, Callable[[Books, Entity], None]] = {
    "IC/ICDayEndProcessing": day_end,
    "AR/ARPostInvoices": post_invoices,
    "AR/ARPostReceiptsAndAdjustments": post_receipts,
    "AR/ARPostRefunds": post_refunds,
}


@dataclass(frozen=True)
class Request:
    """What arrived: ``path`` and ``query`` as in the URL, ``host`` for the links in the answer."""

    verb: str
    path: str
    query: str
    host: str
    content_type: str
    body: bytes


@dataclass
class Answer:
    status: int
    body: str = ""
    content_type: str = "application/json; odata.metadata=minimal"
    headers: dict[str, str] = field(default_factory=dict)


def answer(store: Store, request: Request, user: User, withhold: str = "") -> Answer:
    """Do the request for a user who has signed on; every refusal comes back as Sage's error body."""
    try:
        return _Call(store, request, user, withhold).run()
    except SageError as error:
        return Answer(error.status, error.body())


class _Call:
    """One request against one company."""

    def __init__(self, store: Store, request: Request, user: User, withhold: str) -> None:
        self.store, self.request, self.user, self.withhold = store, request, user, withhold

    def run(self) -> Answer:
        if not self.user.web_api:
            raise SageError(403, "Forbidden", "The user does not have the right to use the Sage 300 Web API.")
        address = read_path(self.request.path)
        if address is None:
            raise SageError(404, "ResourceNotFound", "The resource cannot be found.")
        if address.company == "Companies":
            return self._companies()
        if address.company not in self.store.companies():
            raise SageError(500, "DBLinkError", f"Cannot open the company {address.company}.")
        books = Books(self.store, address.company, self.user.name)
        books.withhold = self.withhold
        if address.name == "$metadata" and address.module in MODULES:
            return Answer(200, edmx(address.module, books), "application/xml")
        resource = RESOURCES.get(f"{address.module}/{address.name}")
        if resource is None or missing(books, resource):
            raise SageError(404, "ResourceNotFound", f"The resource {address.module}/{address.name} cannot be found.")
        if not self.user.may(address.company, resource.module):
            raise SageError(403, "Forbidden", f"The user does not have rights in {resource.module}.")
        return self._resource(books, resource, address)

    def _companies(self) -> Answer:
        rows = []
        for company in self.store.companies():
            profile = Books(self.store, company).profile
            rows.append({"CompanyID": company, "Name": profile["Name"]})
        return Answer(200, dumps({"@odata.context": f"{self._base()}/$metadata#Companies", "value": rows}))

    def _base(self) -> str:
        return f"http://{self.request.host}{BASE}"

    def _resource(self, books: Books, resource: Resource, address: Address) -> Answer:
        verb = self.request.verb
        action = action_of(address.key) if address.key is not None else ""
        if action and verb == "POST":
            return self._action(books, resource, action)
        if verb not in resource.verbs or (resource.keys and verb == "POST" and address.key is not None):
            if verb == "POST" and "POST" in resource.verbs:
                raise SageError(400, "InvalidAction", "A POST takes no key other than '$template' or '$process'.")
            raise SageError(405, "MethodNotAllowed", f"{verb} is not supported by {resource.name}.")
        if not resource.keys:
            raise SageError(400, "InvalidAction", f"{resource.name} is run with '$process'.")
        if verb == "GET" and address.key is None:
            query = read_query(self.request.query, resource.model)
            return Answer(200, page(books, resource, query, f"{self._base()}/{books.company}", self.request.query))
        if verb == "POST":
            return self._insert(books, resource)
        if address.key is None:
            raise SageError(400, "InvalidEntityKey", f"{verb} needs a key.")
        return self._record(books, resource, read_key(address.key, resource))

    def _action(self, books: Books, resource: Resource, action: str) -> Answer:
        if action == "$template":
            return self._entity(books, resource, resource.model.new())
        if resource.keys:
            raise SageError(400, "InvalidAction", f"{resource.name} has no process.")
        parameters = resource.model.new()
        fill(books, resource.model, parameters, self._body() if self.request.body.strip() else {})
        with self.store.transaction():
            RUNS[resource.path](books, parameters)
        return Answer(204)

    def _insert(self, books: Books, resource: Resource) -> Answer:
        body = self._body()
        with self.store.transaction():
            if resource.path in _INSERTS:
                text = _INSERTS[resource.path](books, body)
            else:
                text = dumps(customers.insert(books, resource, body))
        if books.options["padded"]:
            text = dumps(padded(resource.model, loads(text)))
        return Answer(201, self._with_context(books, resource, text))

    def _record(self, books: Books, resource: Resource, key: tuple[object, ...]) -> Answer:
        verb = self.request.verb
        if verb == "GET":
            entity = self.store.get(books.company, resource, key)
            if entity is None:
                raise record_not_found()
            return self._entity(books, resource, entity)
        with self.store.transaction():
            if verb == "DELETE":
                customers.delete(books, resource, key)
            elif resource.path in _CHANGES:
                _CHANGES[resource.path](books, key, self._body())
            elif verb == "PATCH":
                customers.change(books, resource, key, self._body())
            else:
                customers.replace(books, resource, key, self._body())
        return Answer(204)

    def _entity(self, books: Books, resource: Resource, entity: Entity) -> Answer:
        select = read_query(self.request.query, resource.model).select
        shown = {name: entity[name] for name in select} if select else entity
        if books.options["padded"]:
            shown = padded(resource.model, shown)
        return Answer(200, self._with_context(books, resource, dumps(shown)))

    def _with_context(self, books: Books, resource: Resource, text: str) -> str:
        prefix = "odata" if books.options["old_envelope"] else "@odata"
        context = f"{self._base()}/{books.company}/{resource.module}/$metadata#{resource.name}/$entity"
        return f'{{"{prefix}.context":{dumps(context)},{text[1:]}'

    def _body(self) -> Any:
        try:
            body = loads(self.request.body)
        except (ValueError, RecursionError):
            raise invalid_payload("The body is not valid JSON.") from None
        return body
