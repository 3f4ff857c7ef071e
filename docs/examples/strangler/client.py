"""A client that knows nothing of all this: it goes on calling until it is told to stop (SIGTERM), and then says what failed.

    python3 client.py ADDRESS TOKEN TITLE …        the titles of goals that must be there in each answer
"""
import collections, http.client, json, signal, sys, time, urllib.parse

address, token, titles = sys.argv[1], sys.argv[2], set(sys.argv[3:])
host = urllib.parse.urlsplit(address).netloc
answered, failures, going = collections.Counter(), [], True


def stop(*_):
    global going
    going = False


signal.signal(signal.SIGTERM, stop)


def call(connection, method, path, body, right):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    response = connection.getresponse()
    text = response.read()
    side = "the system of before" if response.headers.get("X-Answered-By") else "the new side"
    answered[f"{method} {path} by {side}"] += 1
    if not right(response.status, json.loads(text)):
        failures.append(f"{method} {path}: {response.status} {text[:300]}")


def once(connection):
    call(connection, "GET", "/api/v1/goals", None,
         lambda status, body: status == 200 and titles <= {goal["title"] for goal in body["data"]})
    call(connection, "GET", "/api/v1/quotes", None, lambda status, body: status == 200 and len(body["data"]) == 3)
    call(connection, "POST", "/api/v1/notes", {"text": "went for a walk"}, lambda status, _: status == 201)


connection = http.client.HTTPConnection(host, timeout=30)
while going:
    try:
        once(connection)
    except Exception as error:  # whatever it is, the client has no answer
        failures.append(repr(error))
        connection.close()
        connection = http.client.HTTPConnection(host, timeout=30)
    time.sleep(0.01)
for what, count in sorted(answered.items()):
    print(f"  {count:5} × {what}")
for failure in failures[:10]:
    print(f"  FAILED {failure}")
print(f"{sum(answered.values())} calls, {len(failures)} failures")
