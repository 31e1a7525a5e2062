"""One worker process of the bench: each line on its input, "<company> <seconds>", is a push sweep of that length.

Prints "ready" once it is warm, then for each line how many documents it pushed and in how many seconds.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()

from connectors.models import SageCompany  # noqa: E402 - after Django's setup
from staging import push  # noqa: E402 - after Django's setup

list(SageCompany.objects.all())  # derives the key of the secrets and connects
print("ready", flush=True)
for line in sys.stdin:
    pk, seconds = line.split()
    company = SageCompany.objects.get(pk=pk)
    began = time.monotonic()
    done = push.sweep(company, deadline=began + float(seconds)).done
    print(done, time.monotonic() - began, flush=True)
