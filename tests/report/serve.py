# SPDX-License-Identifier: MIT
"""serve.py DIR: serves DIR on a port of 127.0.0.1, which it prints. /hold is answered when /release was asked for, so that a
page with it is loading for as long as its script likes."""
import functools
import http.server
import sys
import threading

released = threading.Event()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hold":
            released.wait()
            released.clear()
        elif self.path == "/release":
            released.set()
        else:
            return super().do_GET()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=sys.argv[1]))
print(server.server_port, flush=True)
server.serve_forever()
