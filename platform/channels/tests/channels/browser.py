"""A browser and its push service, made of other people's libraries: prints a subscription as a browser does, checks who sends by
VAPID (RFC 8292) and opens what is sent (RFC 8291). Answers 201 to what it could read, and prints a line for each message."""

import base64
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


key = ec.generate_private_key(ec.SECP256R1())
auth = os.urandom(16)
sender = None


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        global sender
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            token, public = self.headers["authorization"].removeprefix("vapid t=").split(", k=")
            # One subscription, one sender.
            assert sender in (None, public)
            sender = public
            assert Vapid02.verify(f"vapid t={token},k={public}")
            assert self.headers["content-encoding"] == "aes128gcm" and self.headers["ttl"] == "60"
            plain = http_ece.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm")
            message = json.loads(plain)
            print(f"opened {len(plain)} {message['title']}", flush=True)
            self.send_response(201)
        except Exception as error:
            print(f"refused {error!r}", flush=True)
            self.send_response(400)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Service)
point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
subscription = {
    "endpoint": f"http://127.0.0.1:{server.server_port}/push/1",
    "expirationTime": None,
    "keys": {"p256dh": text(point), "auth": text(auth)},
}
print(json.dumps(subscription), flush=True)
sys.stdout.flush()
server.serve_forever()
