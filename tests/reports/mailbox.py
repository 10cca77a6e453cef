"""A mail server of the tests: it refuses some addresses, breaks off at others, or is not there at all."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

from django.core.mail.backends.locmem import EmailBackend as Kept


class EmailBackend(Kept):
    """Keeps what it takes in django.core.mail.outbox."""

    away = False
    refused: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()

    def open(self):
        if self.away:
            raise ConnectionRefusedError(111, "Connection refused")
        return True

    def send_messages(self, messages):
        for message in messages:
            (address,) = message.to
            if address in self.refused:
                raise SMTPRecipientsRefused({address: (550, b"No such user")})
            if address in self.broken:
                raise SMTPServerDisconnected("Connection unexpectedly closed")
        return super().send_messages(messages)


class _Conversation(socketserver.StreamRequestHandler):
    """Takes one mail, then says that it is too busy and hangs up, as servers with too much to do."""

    def handle(self):
        taken, said = 0, self.wfile.write
        said(b"220 here\r\n")
        for line in iter(self.rfile.readline, b""):
            command = line[:4].upper()
            if command == b"MAIL" and taken:
                said(b"421 too busy, try later\r\n")
                return
            if command == b"DATA":
                said(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
                taken += 1
            said(b"221 bye\r\n" if command == b"QUIT" else b"250 well\r\n")


@contextlib.contextmanager
def busy_server() -> Iterator[int]:
    """Run a mail server that takes one mail of each connection; give its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Conversation) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
