"""Reading staff's spreadsheets: CSV as French and English Excel write it, XLSX, and cells as people fill them."""

from __future__ import annotations

import base64
import zlib
from decimal import Decimal, InvalidOperation
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Model
from django.utils.translation import gettext as _
from import_export.formats.base_formats import CSV, XLSX
from import_export.tmp_storages import BaseStorage
from import_export.widgets import ForeignKeyWidget, Widget
from unfold.contrib.import_export.forms import ImportForm

LARGEST = 1_000_000
"""Bytes of an uploaded file; between preview and confirmation it travels in the form."""

KEPT = 24 * 3600
"""Seconds for which a previewed file may be confirmed."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so may be run as a formula by a spreadsheet program; an apostrophe before it prevents that."""

_signer = TimestampSigner(salt="mappings.spreadsheets")


class AnyCsv(CSV):  # type: ignore[misc]
    """CSV in UTF-8 or Windows' encoding, separated by comma, semicolon or tab."""

    def is_binary(self) -> bool:
        """The bytes are decoded here, not by the caller."""
        return True

    def get_read_mode(self) -> str:
        """As bytes."""
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """The rows; the separator is the one that the first line has most of."""
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = in_stream.decode("cp1252")
        first = text.partition("\n")[0]
        delimiter = max(",;\t", key=first.count)
        return tablib.import_set(text, format="csv", delimiter=delimiter)


IMPORT_FORMATS = [AnyCsv, XLSX]
EXPORT_FORMATS = [CSV, XLSX]


class InTheForm(BaseStorage):  # type: ignore[misc]
    """Keeps the previewed file in the confirmation form itself, signed: any web process may take the next request.

    The library's own storage names a file in the temporary directory, which another machine does not have and which
    the browser could replace by another name.
    """

    def save(self, data: bytes) -> None:
        """Make the text that stands for the file."""
        self.name = _signer.sign(base64.urlsafe_b64encode(zlib.compress(data)).decode())

    def read(self) -> bytes:
        """The file again; raises BadSignature for anything that we did not sign today."""
        return zlib.decompress(base64.urlsafe_b64decode(_signer.unsign(self.name, max_age=KEPT)))

    def remove(self) -> None:
        """Nothing was left anywhere."""


def confirmable(name: str) -> bool:
    """Whether a previewed file may still be confirmed."""
    try:
        _signer.unsign(name, max_age=KEPT)
    except BadSignature:
        return False
    return True


class UploadForm(ImportForm):  # type: ignore[misc]
    """The upload, with a limit."""

    def clean_import_file(self) -> Any:
        """Refuse a file that is too large to travel in a form."""
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST:
            raise ValidationError(_("The file is larger than 1 MB. Split it and import the parts one after the other."))
        return file


# --- cells ------------------------------------------------------------------------------------------------------------


def cell_text(value: Any) -> str:
    """A cell as people see it: Excel's 1001.0 is 1001, an apostrophe that guards a formula is gone."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def safe_cell(value: Any) -> Any:
    """A text that no spreadsheet program takes for a formula; ``cell_text`` takes the apostrophe off again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


class NameWidget(ForeignKeyWidget):  # type: ignore[misc]
    """A connection by its name; all names are read once per import."""

    def __init__(self, model: type[Model]) -> None:
        super().__init__(model, "name")
        self.names: dict[str, Model] | None = None

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Model | None:
        """The row of that name, None for an empty cell."""
        text = cell_text(value)
        if not text:
            return None
        if self.names is None:
            self.names = {str(found): found for found in self.model._default_manager.all()}
        if text not in self.names:
            raise ValidationError(
                _("There is no %(kind)s “%(name)s” here. Write one of: %(names)s.")
                % {"kind": self.model._meta.verbose_name, "name": text, "names": ", ".join(self.names)}
            )
        return self.names[text]


class NumberWidget(Widget):  # type: ignore[misc]
    """A number, with decimal point or comma."""

    def __init__(self, whole: bool = False) -> None:
        super().__init__()
        self.whole = whole

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | int | None:
        """The number, None for an empty cell."""
        text = cell_text(value).replace(",", ".")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or (self.whole and number != int(number)):
            raise ValueError(_("“%(text)s” is not a number. Write digits only.") % {"text": text})
        return int(number) if self.whole else number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Digits with a decimal point, without trailing zeros."""
        if value is None:
            return ""
        text = format(Decimal(value), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text


class YesNoWidget(Widget):  # type: ignore[misc]
    """Yes or no, in English or French, or 1 and 0; an empty cell is ``empty``."""

    def __init__(self, empty: bool = False) -> None:
        self.empty = empty
        super().__init__()

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """True or False; anything else is refused."""
        text = cell_text(value).casefold()
        if not text:
            return self.empty
        if text in ("0", "no", "non", "false", "faux"):
            return False
        if text in ("1", "yes", "oui", "true", "vrai"):
            return True
        raise ValueError(_("“%(text)s” is neither yes nor no. Write yes or no.") % {"text": text})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The word that ``clean`` reads back."""
        return "yes" if value else "no"
