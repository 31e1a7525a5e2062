"""``python -m connectors.sandbox.prestashop``: the sandbox shop until Ctrl-C."""

from __future__ import annotations

import argparse
from pathlib import Path

from .keys import FULL_KEY
from .sandbox import serve
from .schema import VERSIONS

parser = argparse.ArgumentParser(prog="python -m connectors.sandbox.prestashop", description=__doc__)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8085)
parser.add_argument("--state", type=Path, default=None, help="file that keeps the shop; without it nothing is kept")
parser.add_argument("--dataset", type=Path, default=None, help="folder of JSON lists to start from")
parser.add_argument("--key", default=FULL_KEY, help="webservice key with all rights, 32 characters")
parser.add_argument("--version", default="8.2", choices=sorted(VERSIONS))
asked = parser.parse_args()
serve(asked.host, asked.port, asked.state, asked.dataset, asked.key, asked.version)
