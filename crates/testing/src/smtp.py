"""A server of e-mail for the tests: aiosmtpd, which does to a message what its recipient is called.

usage: smtp.py FOLDER [plain | starttls | tls] [CERTIFICATE KEY]

It prints its port, and keeps each message that it takes as a file in the folder. With TLS it asks
for the user "florin" and the password "s3cret".
"""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

folder, mode = pathlib.Path(sys.argv[1]), sys.argv[2]


class Handler:
    def __init__(self):
        self.busy = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "busy":
            self.busy += 1
            if self.busy == 1:
                return "451 4.3.0 come again"
        if name == "gone":
            return f"550 5.1.1 <{address}>: nobody is called that here"
        if name == "nonsense":
            return "hello there"
        if name == "slow":
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 yes"

    async def handle_DATA(self, server, session, envelope):
        name = envelope.rcpt_tos[0].split("@")[0]
        if name == "spam":
            return "550 5.7.1 we do not want that"
        number = len(list(folder.iterdir()))
        (folder / f"{number:03}.eml").write_bytes(envelope.original_content)
        if name == "lost":
            # It is taken, and nobody hears of it.
            server.transport.abort()
        return "250 2.0.0 taken"


class Dropping(SMTP):
    """Ends the connection in the middle of a message to "drop"."""

    async def smtp_DATA(self, arg):
        if any(one.startswith("drop@") for one in self.envelope.rcpt_tos):
            await self.push("354 go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"florin" and data.password == b"s3cret"
    return AuthResult(success=good, handled=good)


def context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    return context


handler = Handler()


def factory():
    options = {"enable_SMTPUTF8": True}
    if mode != "plain":
        options |= {"authenticator": authenticate, "auth_required": True}
    if mode == "starttls":
        options |= {"tls_context": context(), "require_starttls": True}
    if mode == "tls":
        options |= {"auth_require_tls": False}
    return Dropping(handler, **options)


async def serve():
    loop = asyncio.get_running_loop()
    tls = context() if mode == "tls" else None
    server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
