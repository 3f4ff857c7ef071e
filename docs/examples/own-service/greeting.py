"""A service of your own behind Banyan's door, in Python 3.8 or later, nothing to install: a greeting for whoever asks, signed in or not."""
import json, os, pathlib, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "signed-caller"))
from check import caller

# What `banyan routes key greeting` prints.
KEYS = {keyid: bytes.fromhex(key) for keyid, key in json.loads(os.environ["BANYAN_CALLER_KEYS"]).items()}
GREETINGS = {"en-US": "Good day", "id-ID": "Selamat siang"}


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        who = caller(KEYS, self.command, self.path, headers)
        if who is None:
            return self.say(401, {"error": "this did not come through the door"})
        greeting = GREETINGS.get(who.get("locale"), GREETINGS["en-US"])
        self.say(200, {"greeting": greeting, "for": who["subject"] or "a guest", "roles": who["roles"]})

    def say(self, status, body):
        text = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """The door logs."""


server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Greeting)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
