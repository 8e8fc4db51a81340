"""Multipass login handler, a WSGI application. Python 3.8 or newer with pycryptodome.

    apt-get install python3-pycryptodome      (or: pip install pycryptodome)
    python3 multipass.py                      a first try, on http://127.0.0.1:8000/multipass
    gunicorn multipass:application            for real, behind your web server
"""

import base64
import hashlib
import hmac
import json
import os
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

try:
    from Crypto.Cipher import AES
    from Crypto.Util.Padding import pad
except ImportError:  # Debian's package has another name
    from Cryptodome.Cipher import AES
    from Cryptodome.Util.Padding import pad

# The three lines to change, here or in the environment.
SITE_KEY = os.environ.get("MULTIPASS_SITE_KEY", "")  # the usersource's siteKey: lower case, no domain
API_KEY = os.environ.get("MULTIPASS_API_KEY", "")    # the usersource's apiKey: keep it out of the repository
CALLBACK = os.environ.get("MULTIPASS_CALLBACK", "")  # https://<your broker>/customer/authentication/multipass/callback


def signed_in_user(environ):
    """Replace this by the way your own site knows who is signed in; None sends people to /login."""
    return None  # {"uid": ..., "email": ..., "name": ...}


def multipass_url(user):
    data = {
        "uid": str(user["uid"]),  # never changes, never given to somebody else
        "customer_email": user["email"],
        "customer_name": user["name"],
        "expires": (datetime.now(timezone.utc) + timedelta(minutes=5)).isoformat(),
        # "customer_custom_department": user["department"],
        # "to": "https://help.example.com/orders",
    }
    key = hashlib.sha1((API_KEY + SITE_KEY).encode()).digest()[:16]
    iv = os.urandom(16)
    encrypted = AES.new(key, AES.MODE_CBC, iv).encrypt(pad(json.dumps(data).encode(), 16))
    multipass = base64.b64encode(iv + encrypted)
    signature = base64.b64encode(hmac.new(API_KEY.encode(), multipass, hashlib.sha1).digest())
    return "%s?multipass=%s&signature=%s" % (CALLBACK, quote(multipass, safe=""), quote(signature, safe=""))


def application(environ, start_response):
    headers = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("Content-Type", "text/plain")]
    if not (SITE_KEY and API_KEY and CALLBACK):
        start_response("500 Internal Server Error", headers)
        return [b"Multipass is not configured.\n"]
    user = signed_in_user(environ)
    location = multipass_url(user) if user else "/login?then=" + quote("/multipass", safe="")
    start_response("302 Found", headers + [("Location", location)])
    return [b""]


if __name__ == "__main__":
    from wsgiref.simple_server import make_server

    make_server("127.0.0.1", 8000, application).serve_forever()
