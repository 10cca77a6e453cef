"""A mail server of the tests: it refuses some addresses, breaks off at others, or is not there at all."""

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
