"""A program in Python that asks with Unleash's SDK and with OpenFeature's provider.

    BANYAN_URL=http://127.0.0.1:8080 TOKEN='*:development.…' FLAG=new-dashboard python clients.py

It says what the flag is, says it again when that changes, sends what it counted, and ends.
"""

import json
import os
import threading
import time

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from UnleashClient import UnleashClient
from UnleashClient.events import UnleashEventType

URL, TOKEN, FLAG = (os.environ[name] for name in ("BANYAN_URL", "TOKEN", "FLAG"))
fetched = threading.Event()


def say(**what):
    print(json.dumps(what), flush=True)


def heard(event):
    if event.event_type in (UnleashEventType.FETCHED, UnleashEventType.READY):
        fetched.set()


unleash = UnleashClient(
    url=f"{URL}/api",
    app_name="example-python",
    custom_headers={"Authorization": TOKEN},
    refresh_interval=1,
    metrics_interval=3600,
    event_callback=heard,
)
unleash.initialize_client()
api.set_provider(OFREPProvider(URL, headers_factory=lambda: {"Authorization": f"Bearer {TOKEN}"}))
openfeature = api.get_client()
context = EvaluationContext(targeting_key="ann", attributes={"plan": "gold"})


def value():
    enabled = unleash.is_enabled(FLAG, {"userId": "ann", "properties": {"plan": "gold"}})
    details = openfeature.get_boolean_details(FLAG, False, context)
    return {"enabled": enabled, "value": details.value, "reason": str(details.reason), "variant": details.variant}


fetched.wait(30)
first = value()
say(**first)
now = first
while now["enabled"] == first["enabled"] or now["value"] == first["value"]:
    time.sleep(0.1)
    now = value()
say(changed=True, **now)
# Sends what was counted.
unleash.destroy()
say(sent=True)
