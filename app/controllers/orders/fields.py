"""The kinds of fields that requests have, and what all schemas share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from app.models.accounts import plain_number, valid_number
from app.models.audit import SERVER
from app.models.transactions import SYSTEM_ACCOUNTS
from money import InvalidMoney, exact

EXAMPLE_ACCOUNT = "100000000093"
# In the bankers' lists these names would look like the bank itself.
_RESERVED = frozenset(
    {SERVER, "admin", "administrator", "bank", "banker", "root", "strongroom", "system"}
    | set(SYSTEM_ACCOUNTS)
)
_DATE = re.compile(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z")
# Controls, half characters, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Overrides of the writing direction and blanks without width make a name look like another one.
_MISLEADING = frozenset("\u200b\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
IDEMPOTENCY_KEY = re.compile(r"\A[A-Za-z0-9_-]{16,64}\Z")


class Text(fields.String):
    """Text in NFC without blanks around it, and without characters that nobody sees."""

    strips = True

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if any(unicodedata.category(c) in _UNSEEN or c in _MISLEADING for c in text):
            raise ValidationError("Control characters are not allowed; use plain text.")
        text = unicodedata.normalize("NFC", text)
        return text.strip() if self.strips else text


class PasswordText(Text):
    """Text of which every character counts, blanks at its ends, too."""

    strips = False


class Amount(fields.Field[Decimal]):
    """An exact, positive amount in major units: "12.50" or 12.5, never a float."""

    above_zero = True

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Decimal:
        try:
            amount = exact(value)
        except InvalidMoney as error:
            raise ValidationError(f"{str(error).capitalize()}.") from None
        if amount <= 0 and self.above_zero:
            raise ValidationError("An amount is above zero.")
        return amount


class Bound(Amount):
    """An end of a range of amounts: exact like one, and zero or less as well."""

    above_zero = False


class AccountNumber(fields.String):
    """Twelve digits with right check digits; spaces and hyphens are forgiven."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        number = plain_number(text)
        if not valid_number(number):
            raise ValidationError(
                "Not an account number: twelve digits, the last two check the others."
            )
        return number


class Moment(fields.String):
    """A time as RFC 3339 text with an offset, or a date (its midnight), 1971 to 2999, in UTC."""

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _DATE.match(text):
            text += "T00:00:00Z"
        try:
            # In a query a plus is a blank.
            moment = datetime.fromisoformat(text.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None or not 1970 < moment.year < 3000:
            raise ValidationError("Write a time like 2026-01-31T12:00:00Z, or a date.")
        return moment.astimezone(UTC)


class CurrencyCode(fields.String):
    """Three letters, as in ISO 4217; which ones the bank keeps, it says itself."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).upper()
        if not _CURRENCY.match(text):
            raise ValidationError("Write a currency like USD.")
        return text


class Flag(fields.Boolean):
    """true or false, in these words."""

    truthy = {"true", "1", True}  # noqa: RUF012
    falsy = {"false", "0", False}  # noqa: RUF012


def memo_field() -> Text:
    """What a customer writes to a movement of money."""
    return Text(load_default="", validate=validate.Length(max=140), metadata={"example": "rent"})


def amount_field() -> Amount:
    """An amount that must be given."""
    return Amount(required=True, metadata={"example": "12.50"})


def account_field() -> AccountNumber:
    """Which of the own accounts."""
    # No example: Swagger UI would send it, and it is nobody's account.
    return AccountNumber(
        load_default=None, metadata={"description": "Without it, the default account."}
    )


class EmailAddress(fields.String):
    """An e-mail address that mail can be sent to, in one form: the domain in ASCII."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError:
            raise ValidationError("Write an address like dana@example.com.") from None
        return found.ascii_email or ""


class PhoneNumber(fields.String):
    """A phone number that can exist, as ITU-T E.164 writes it."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            found = phonenumbers.parse(text)
        except phonenumbers.NumberParseException:
            found = None
        if found is None or not phonenumbers.is_valid_number(found):
            raise ValidationError("Write a phone number with its country, like +12025550123.")
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def email_field(**more: Any) -> EmailAddress:
    """An e-mail address."""
    return EmailAddress(
        validate=validate.Length(max=254),
        metadata={"example": "dana@example.com", "format": "email"},
        **more,
    )


def password_field() -> PasswordText:
    """A password, present or new."""
    return PasswordText(
        required=True,
        validate=validate.Length(1, 128),
        metadata={"example": "violet-harbour-73", "format": "password"},
    )


def code_field(**more: Any) -> Text:
    """A code of a second factor: six digits, or a recovery code."""
    return Text(validate=validate.Length(1, 64), metadata={"example": "123456"}, **more)


def payment_code_field() -> Text:
    """A code for money; without one where none is needed."""
    about = "After second-factor-needed: of POST /auth/codes, for exactly this."
    return Text(load_default=None, validate=validate.Length(1, 64), metadata={"description": about})


def phone_field(**more: Any) -> PhoneNumber:
    """A phone number as ITU-T E.164 writes it; null for none."""
    return PhoneNumber(allow_none=True, metadata={"example": "+12025550123"}, **more)


def check_reserved(username: str) -> None:
    """Refuse the names that would look like the bank itself."""
    if username.casefold() in _RESERVED:
        raise ValidationError("This name is the bank's own; choose another one.")


_MESSAGES = {"required": "This field is needed.", "null": "Leave it out, or give it a value."}
_INVALID: dict[type[fields.Field[Any]], str] = {
    fields.String: "Write text, in quotes.",
    fields.Integer: "Write a whole number.",
    fields.Boolean: "Write true or false.",
}


class Order(Schema):
    """A schema whose loaded form is the frozen dataclass `makes`."""

    makes: ClassVar[type[Any]]
    error_messages = {  # noqa: RUF012 - declared by the library
        "unknown": "There is no such field here.",
        "type": "Send an object with fields.",
    }

    class Meta:
        unknown = RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Let every field say what would be right."""
        field_obj.error_messages |= _MESSAGES
        for kind, message in _INVALID.items():
            if isinstance(field_obj, kind):
                field_obj.error_messages["invalid"] = message

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return self.makes(**data)
