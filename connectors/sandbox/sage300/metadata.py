"""``$metadata``: the entity sets, keys and properties of one module as EDMX."""

from __future__ import annotations

from .books import Books, missing
from .models import MODELS, Model, Property
from .resources import RESOURCES, Resource

_EDM = {
    "S": "Edm.String",
    "U": "Edm.String",
    "D": "Edm.Decimal",
    "I": "Edm.Int64",
    "B": "Edm.Boolean",
    "T": "Edm.DateTimeOffset",
}


def edmx(module: str, books: Books) -> str:
    """The document for the resources of a module that this installation has."""
    resources = [each for each in RESOURCES.values() if each.module == module and not missing(books, each)]
    roots = {each.model.name for each in resources}
    parts = sorted(_parts(resources) - roots)
    # What is only run has this one key in the product's own metadata (sage300.md appendix A).
    types = [_type("EntityType", each.model, each.keys or ("ActionSelector",)) for each in resources]
    types += [_type("ComplexType", MODELS[name], ()) for name in parts]
    sets = "".join(f'<EntitySet Name="{each.name}" EntityType="{each.model.type_name}"/>' for each in resources)
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        '<edmx:DataServices><Schema Namespace="Sage.CA.SBS.ERP.Sage300.'
        f'{module}.WebApi.Models" xmlns="http://docs.oasis-open.org/odata/ns/edm">{"".join(types)}'
        f'{_enums(resources, parts)}<EntityContainer Name="Container">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _parts(resources: list[Resource]) -> set[str]:
    found: set[str] = set()
    waiting = [each.model for each in resources]
    while waiting:
        for known in waiting.pop().properties.values():
            if known.kind == "C" and known.item not in found:
                found.add(known.item)
                waiting.append(MODELS[known.item])
    return found


def _type(tag: str, model: Model, keys: tuple[str, ...]) -> str:
    key = "".join(f'<PropertyRef Name="{name}"/>' for name in keys)
    body = f"<Key>{key}</Key>" if key else ""
    return (
        f'<{tag} Name="{model.name}">{body}{"".join(_line(model, each) for each in model.properties.values())}</{tag}>'
    )


def _line(model: Model, known: Property) -> str:
    if known.kind == "C":
        return f'<Property Name="{known.name}" Type="Collection({MODELS[known.item].type_name})"/>'
    if known.kind == "E":
        return f'<Property Name="{known.name}" Type="{model.type_name}{known.name}"/>'
    size = f' MaxLength="{known.size}"' if known.kind in "SU" else f' Scale="{known.size}"' if known.kind == "D" else ""
    return f'<Property Name="{known.name}" Type="{_EDM[known.kind]}"{size}/>'


def _enums(resources: list[Resource], parts: list[str]) -> str:
    models = {each.model.name: each.model for each in resources} | {name: MODELS[name] for name in parts}
    return "".join(
        f'<EnumType Name="{model.name}{known.name}">'
        + "".join(
            f'<Member Name="{name}" Value="{value}"/>' for value, name in zip(known.numbers, known.names, strict=True)
        )
        + "</EnumType>"
        for model in models.values()
        for known in model.properties.values()
        if known.kind == "E"
    )
