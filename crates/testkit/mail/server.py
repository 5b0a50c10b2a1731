"""A mail server for tests (aiosmtpd). What it does with a letter, the recipient's name says; what it took, and what went
wrong, it tells on standard output, a line of JSON each."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

told = json.loads(sys.argv[1])
greylisted = set()


def say(**what):
    print(json.dumps(what), flush=True)


def parsed(content):
    message = email.message_from_bytes(content, policy=email.policy.default.clone(raise_on_defect=False))
    parts = {part.get_content_type(): part for part in message.walk()}
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    defects += [str(d) for name in message.keys() for d in getattr(message[name], "defects", [])]
    body = lambda kind: parts[kind].get_content() if kind in parts else ""
    return {
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": body("text/plain"),
        "html": body("text/html"),
        "defects": defects,
        "longest": max((len(line) for line in content.split(b"\r\n")), default=0),
        "bare": content.replace(b"\r\n", b"").count(b"\n") + content.replace(b"\r\n", b"").count(b"\r"),
        "ascii": content.isascii(),
    }


def is_secret(server, session):
    return session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name.startswith("refused"):
            return "550 5.1.1 <" + address + "> is nobody here"
        if name.startswith("greylisted") and address not in greylisted:
            greylisted.add(address)
            return "451 4.7.1 come again later"
        if name.startswith("hangs-early"):
            await asyncio.sleep(3600)
        if name.startswith("drops-early"):
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name.startswith("content-refused"):
            return "554 5.7.1 this is not wanted here"
        if name.startswith("full"):
            return "452 4.3.1 no room"
        letter = parsed(envelope.content)
        say(kind="letter", sender=envelope.mail_from, to=envelope.rcpt_tos, peer=session.peer[1],
            ssl=is_secret(server, session), user=session.authenticated, **letter)
        if name.startswith("slow"):
            await asyncio.sleep(told.get("slow_s", 3))
        if name.startswith("drops-once") and name not in greylisted:
            greylisted.add(name)
            server.transport.abort()
        if name.startswith("drops-late"):
            server.transport.abort()
        if name.startswith("hangs-late"):
            await asyncio.sleep(3600)
        if name.startswith("garbage"):
            server.transport.write(b"\x00\xff what?\r\n" * 200_000)
            await asyncio.sleep(3600)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    is_right = data.login.decode() == told.get("user") and data.password.decode() == told.get("password")
    say(kind="sign-in", right=is_right, ssl=is_secret(server, session))
    return AuthResult(success=is_right, handled=False)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(told["certificate"], told["key"])
    return made


class Injecting(SMTP):
    """Puts an answer behind the one to STARTTLS, as somebody on the way would."""

    async def push(self, status):
        if status.startswith("220 Ready to start TLS"):
            status = status + "\r\n250-injected\r\n250 AUTH PLAIN LOGIN"
        await super().push(status)


def factory():
    tls = context() if told.get("starttls") else None
    kind = Injecting if told.get("injects") else SMTP
    return kind(
        Handler(),
        hostname="mail.example.com",
        tls_context=tls,
        require_starttls=bool(told.get("starttls")),
        authenticator=authenticate,
        auth_required=bool(told.get("user")),
        auth_require_tls=bool(told.get("starttls")),
        enable_SMTPUTF8=True,
        timeout=60,
    )


async def main():
    loop = asyncio.get_running_loop()
    tls = context() if told.get("tls") else None
    server = await loop.create_server(factory, "127.0.0.1", told.get("port", 0), ssl=tls)
    say(kind="ready", port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
