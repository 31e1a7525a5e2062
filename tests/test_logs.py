"""No log line shows a secret, whichever way it came in."""

import logging

import pytest

from syncbridge.logs import Masked


@pytest.mark.parametrize(
    "line",
    [
        'urllib3: "GET /api/orders?ws_key=S3CRETVALUE&display=full HTTP/1.1" 200',
        "cannot connect to postgres://syncbridge:S3CRETVALUE@db:5432/syncbridge",
        "redis://:S3CRETVALUE@redis:6379/0 does not answer",
        "smtp+tls://mail:S3CRETVALUE@smtp.example.com:587",
        "{'Authorization': 'Basic S3CRETVALUES3CRET=='}",
        "SECRET_KEY=S3CRETVALUE is too short",
        '{"password": "S3CRETVALUE", "user": "bridge"}',
    ],
)
def test_a_secret_is_masked_in_the_message_and_in_the_traceback(line: str) -> None:
    try:
        raise ValueError(line)
    except ValueError as error:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, line, None, (ValueError, error, error.__traceback__))
    shown = Masked("%(levelname)s %(message)s").format(record)
    assert "S3CRETVALUE" not in shown
    assert "Traceback" in shown


def test_a_harmless_line_stays_as_it_is() -> None:
    record = logging.LogRecord("a", logging.INFO, "f", 1, "order 12 of https://shop.example.com/: 3 lines", None, None)
    assert Masked("%(message)s").format(record) == "order 12 of https://shop.example.com/: 3 lines"
