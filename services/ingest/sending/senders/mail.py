"""E-mail to citizens who left an address, by the mail server of the common settings."""

from datetime import UTC, datetime

from services.ingest.sending.http import HTTP
from services.ingest.sending.ports import AgainError, Outward, RefusedError
from shared.contracts.enums import Channel
from shared.mail.smtp import Mail, Mailer, MailError, MailSettings


class MailSender:
    """Sends one e-mail; an accepted one is as far as anybody knows."""

    channel = Channel.EMAIL
    limit = 20_000
    confirms = False
    has_template = False

    def __init__(self, settings: MailSettings) -> None:
        self._mailer = Mailer(settings)

    def send(self, message: Outward) -> str | None:
        """One connection."""
        subject = f"Laporan {message.ticket}" if message.ticket else "Tanggap"
        mail = Mail(message.to, subject, message.text, message.reference, datetime.now(UTC))
        try:
            self._mailer.send(mail)
        except MailError as error:
            raise (RefusedError if error.permanent else AgainError)(error.reason) from error
        return message.reference

    def close(self) -> None:
        """Nothing stays open."""


def configured(site: str, http: HTTP) -> MailSender | None:
    """The sender, if a mail server and our address are set."""
    settings = MailSettings()
    return MailSender(settings) if settings.smtp_host and settings.smtp_from else None
