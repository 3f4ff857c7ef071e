"""A system of before, in Python 3.8 or later, nothing to install: goals, quotes and notes, kept in memory. It stands behind Banyan's door, and
believes the door alone about who asks. It is what a team has already; nothing in it knows that its goals will move."""
import datetime, itertools, json, os, pathlib, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "signed-caller"))
from check import caller

# What `banyan routes key strangler-legacy` prints.
KEYS = {keyid: bytes.fromhex(key) for keyid, key in json.loads(os.environ["BANYAN_CALLER_KEYS"]).items()}
QUOTES = ["Well begun is half done.", "Little by little, the bird builds its nest.", "Fall seven times, stand up eight."]
numbers = itertools.count(1)
goals, notes = [], []


class Legacy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # an answer is one packet

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        who = caller(KEYS, self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        if who is None:
            return self.say(401, {"error": "this did not come through the door"})
        call = (self.command, self.path.partition("?")[0])
        if call == ("GET", "/api/v1/quotes"):
            return self.say(200, {"data": [{"text": text} for text in QUOTES]})
        if who["subject"] is None:
            return self.say(401, {"error": "sign in first"})
        if call == ("GET", "/api/v1/goals"):
            mine = [goal for goal in reversed(goals) if goal["owner"] == who["subject"]]
            return self.say(200, {"data": [{name: goal[name] for name in goal if name != "owner"} for goal in mine]})
        if call == ("POST", "/api/v1/goals"):
            given = json.loads(body)
            goal = {"id": next(numbers), "title": given["title"], "description": given.get("description"), "status": "active",
                    "createdAt": datetime.datetime.now(datetime.timezone.utc).isoformat(), "owner": who["subject"]}
            goals.append(goal)
            return self.say(201, goal)
        if call == ("POST", "/api/v1/notes"):
            notes.append((who["subject"], json.loads(body)["text"]))
            return self.say(201, {"notes": sum(owner == who["subject"] for owner, _ in notes)})
        self.say(404, {"error": "there is no such thing here"})

    do_GET = do_POST = answer

    def say(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("X-Answered-By", "the system of before")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """The door logs."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", int(os.environ.get("PORT", "0"))), Legacy)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
