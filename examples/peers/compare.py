#!/usr/bin/env python3
"""The same contacts and the same questions for Entente or Tryton, loaded by wrk: a line of figures for each work.

compare.py entente URL API_KEY [CONTACTS]
compare.py tryton URL PASSWORD [CONTACTS]
"""

import base64
import json
import pathlib
import subprocess
import sys
import time
import urllib.request

DATABASE = "tryton"
CONNECTIONS = 16
SECONDS = 15
BATCH = 500


def post(url, body, headers):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request) as answer:
        answer = json.load(answer)
    if isinstance(answer, dict) and answer.get("error"):
        raise SystemExit(f"refused: {json.dumps(answer)[:600]}")
    return answer


class Entente:
    def __init__(self, url, key):
        self.url, self.secret, self.headers = url, key, {"Authorization": f"Bearer {key}"}

    def fill(self, numbers):
        calls = [
            {
                "type": "identify",
                "messageId": f"contact-{number}",
                "userId": f"c{number}",
                "traits": {"email": f"c{number}@example.com", "name": f"Ana {number}", "address": {"city": "Lyon"}},
            }
            for number in numbers
        ]
        post(f"{self.url}/v1/batch", {"batch": calls}, self.headers)


class Tryton:
    def __init__(self, url, password):
        self.url = f"{url}/{DATABASE}/rpc/"
        login = {"id": 0, "method": "common.db.login", "params": ["admin", {"password": password}, "en"]}
        user, session = post(self.url, login, {})["result"][:2]
        session = base64.b64encode(f"admin:{user}:{session}".encode()).decode()
        self.secret, self.headers = f"{DATABASE} {session}", {"Authorization": f"Session {session}"}

    def fill(self, numbers):
        contacts = [
            {
                "code": f"c{number}",
                "name": f"Ana {number}",
                "contact_mechanisms": [["create", [{"type": "email", "value": f"c{number}@example.com"}]]],
                "addresses": [["create", [{"city": "Lyon"}]]],
            }
            for number in numbers
        ]
        post(self.url, {"id": 1, "method": "model.party.party.create", "params": [contacts, {}]}, self.headers)


def main(product, url, secret, contacts=50_000):
    contacts = int(contacts)
    shop = {"entente": Entente, "tryton": Tryton}[product](url, secret)
    begun = time.monotonic()
    for first in range(1, contacts + 1, BATCH):
        shop.fill(range(first, min(first + BATCH, contacts + 1)))
    print(f"{product} fill: {contacts / (time.monotonic() - begun):.0f} contacts/s", flush=True)
    script = pathlib.Path(__file__).with_name("load.lua")
    for work in ("record", "find", "newest"):
        wrk = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{SECONDS}s", "--timeout", "30s"]
        arguments = [product, work, shop.secret, str(contacts)]
        told = subprocess.run([*wrk, "--script", script, url, "--", *arguments], capture_output=True, text=True)
        print(f"{product} {work}: {(told.stdout + told.stderr).strip().splitlines()[-1]}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
