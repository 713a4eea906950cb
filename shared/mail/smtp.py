"""Sends one plain e-mail by SMTP; knows neither cases nor people, and logs nothing.

The same `reference` gives the same Message-ID, by which mail programs show a repeat once.
"""

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECONDS = 15.0


class MailSettings(BaseSettings):
    """Where e-mail goes out; read by the services that send any."""

    model_config = SettingsConfigDict(
        env_prefix="TANGGAP_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    smtp_host: str = Field(default="", description="Mail server; none: no e-mail is sent.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is secured."
    )
    smtp_username: str = Field(default="", description="User; none: no login.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Password.")
    smtp_from: str = Field(
        default="", description="Sender's address, such as `lapor@diskominfo.example.go.id`."
    )


class MailError(Exception):
    """Not taken; `permanent`: this address or message never will be. `reason` is a code."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one address."""

    to: str
    subject: str
    text: str
    reference: str
    at: datetime


class Mailer:
    """Sends by a connection of its own a time; may be used by several threads."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, mail: Mail) -> None:
        """Hand over to the mail server; raises `MailError`."""
        try:
            message = self._message(mail)
        except (ValueError, IndexError, MessageError) as error:
            raise MailError("no-address", permanent=True) from error
        try:
            with self._connected() as server:
                server.send_message(message, self._settings.smtp_from, [mail.to])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()] or [550]
            raise _by_code(codes[0]) from error
        except smtplib.SMTPAuthenticationError as error:
            raise MailError("login", permanent=False) from error
        except smtplib.SMTPResponseException as error:
            raise _by_code(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailError("unreachable", permanent=False) from error
        except ValueError as error:  # an address that cannot be written to this server
            raise MailError("no-address", permanent=True) from error

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        host, port = settings.smtp_host, settings.smtp_port
        if settings.smtp_security == "tls":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=_SECONDS)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_username:
                server.login(settings.smtp_username, settings.smtp_password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, mail: Mail) -> EmailMessage:
        sender = self._settings.smtp_from
        message = EmailMessage(policy=SMTP)
        message["From"] = sender
        message["To"] = mail.to
        (address,) = message["To"].addresses  # exactly one
        if not (address.username and address.domain):
            raise ValueError("no address")
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(mail.at)
        message["Message-ID"] = f"<{mail.reference}@{sender.rpartition('@')[2] or 'tanggap'}>"
        # So that no out-of-office answer comes back as a complaint.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


def _by_code(code: int) -> MailError:
    return MailError(f"smtp-{code}", permanent=500 <= code < 600)
