"""The customer's site around the example: somebody has signed in there, or nobody."""

import json
import os
from wsgiref.simple_server import make_server

import multipass

user = json.loads(os.environ.get("PEER_USER", "null"))
multipass.signed_in_user = lambda environ: user


def site(environ, start_response):
    if environ["PATH_INFO"] == "/multipass":
        return multipass.application(environ, start_response)
    found = environ["PATH_INFO"] == "/login"
    start_response("200 OK" if found else "404 Not Found", [("Content-Type", "text/plain")])
    return [b"Sign in at the site first." if found else b"not found"]


make_server("127.0.0.1", int(os.environ["PEER_PORT"]), site).serve_forever()
