"""How the webservice says no: a status with PrestaShop's numbered errors, or an empty page."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 (it is an answer, not an error of ours)
    """An answer that is not 200; without errors the body is empty (a PHP fatal error shows nothing)."""

    def __init__(self, status: int, *errors: tuple[int, str]) -> None:
        super().__init__(status, errors)
        self.status = status
        self.errors = errors


class Crash(Refusal):
    """PHP died: 500, text/html, empty body, none of the webservice's headers."""

    def __init__(self) -> None:
        super().__init__(500)


def distance(left: str, right: str) -> int:
    """Edits that turn one word into the other (Levenshtein)."""
    previous = list(range(len(right) + 1))
    for row, one in enumerate(left, 1):
        current = [row]
        for column, other in enumerate(right, 1):
            current.append(min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (one != other)))
        previous = current
    return previous[-1]


def unknown_name(sentence: str, asked: str, known: list[str]) -> str:
    """PrestaShop's "Did you mean" with the full list."""
    # Of several equally near names PrestaShop takes the last.
    nearest = min(reversed(known), key=lambda name: distance(asked, name))
    listed = ", ".join(f'"{name}"' for name in known)
    return f'{sentence} Did you mean: "{nearest}"? The full list is: {listed}'
