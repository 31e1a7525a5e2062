"""A small PrestaShop on localhost that keeps state: for demo, tests and rehearsals. Shares no code with ours."""

from .keys import FULL_KEY, INACTIVE_KEY, POWERLESS_KEY, READ_ONLY_KEY, Key
from .placing import NewOrder
from .sandbox import DATASET, PrestaShopSandbox, serve

__all__ = [
    "DATASET",
    "FULL_KEY",
    "INACTIVE_KEY",
    "POWERLESS_KEY",
    "READ_ONLY_KEY",
    "Key",
    "NewOrder",
    "PrestaShopSandbox",
    "serve",
]
