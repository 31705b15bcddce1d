"""A webhook's receiver: it takes leads, or fails, hangs and breaks off as told, and checks every signature."""
import hashlib
import hmac
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from process import free_port


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client may hang up whenever it likes, and a killed one does; anything else is a fault of the test and shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Hook:
    """mode: ok, fail (500), slow down (429), hang, break (closes without an answer), refuse (400)."""

    def __init__(self, secret=None):
        self.secret, self.port, self.mode = secret, free_port(), "ok"
        self.leads, self.requests, self.wrong, self.headers = [], 0, [], None
        self.lock = threading.Lock()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/leads"

    def __enter__(self):
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                hook.answer(self)

            def log_message(self, *_):
                pass

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        mode = self.mode
        with self.lock:
            self.requests += 1
            self.headers = dict(request.headers)
            self.check(request.headers, body)
            if mode == "ok":
                self.leads += self.read(body)
        if mode == "hang":
            time.sleep(3)
        if mode in ("hang", "break"):
            request.close_connection = True
            return
        request.send_response({"ok": 200, "fail": 500, "slow": 429, "refuse": 400}[mode])
        request.send_header("Content-Length", "0")
        request.end_headers()

    def read(self, body):
        """{"leads": […]}."""
        return json.loads(body)["leads"]

    def check(self, headers, body):
        """X-Goldhour-Signature: t=SECONDS,v1=HEX of HMAC-SHA256 over `t.body`."""
        if not self.secret:
            return
        signed = headers.get("X-Goldhour-Signature", "")
        parts = dict(part.split("=", 1) for part in signed.split(",") if "=" in part)
        ours = hmac.new(self.secret.encode(), f"{parts.get('t', '')}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(ours, parts.get("v1", "")) or abs(int(parts.get("t", 0)) - time.time()) > 300:
            self.wrong.append(signed)
