"""A new service for quotes, in Python 3.8 or later, nothing to install. With `MISTAKE=1` it has one: every third answer is 500."""
import itertools, json, os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

QUOTES = ["Well begun is half done.", "Little by little, the bird builds its nest.", "Fall seven times, stand up eight."]
MISTAKE = os.environ.get("MISTAKE") == "1"
asked = itertools.count(1)


class Quotes(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # an answer is one packet

    def do_GET(self):
        wrong = MISTAKE and next(asked) % 3 == 0
        text = json.dumps({"error": "a mistake"} if wrong else {"data": [{"text": text} for text in QUOTES]}).encode()
        self.send_response(500 if wrong else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """The door logs."""


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", int(os.environ.get("PORT", "0"))), Quotes)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
