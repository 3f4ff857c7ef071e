"""Brings somebody's goals from the system of before to Banyan: what is not there yet is made, what differs is changed.

    python3 bring.py ADDRESS TOKEN FIELD …          which fields are brought along
"""
import json, sys, urllib.request

address, token, fields = sys.argv[1], sys.argv[2], sys.argv[3:]


def call(method, path, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(address + path, json.dumps(body).encode() if body else None, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


there = {goal["title"]: goal for goal in call("GET", "/new/goals")["data"]}
# The oldest first, so that the newest stays the newest.
for goal in reversed(call("GET", "/api/v1/goals")["data"]):
    wanted = {field: goal[field] for field in fields}
    known = there.get(goal["title"])
    if known is None:
        call("POST", "/new/goals", wanted)
    elif any(known.get(field) != wanted[field] for field in fields):
        call("PATCH", f"/new/goals/{known['id']}", wanted)
print(f"{len(call('GET', '/new/goals')['data'])} goals are at Banyan")
