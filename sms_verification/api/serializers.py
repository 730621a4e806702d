from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers

from sms_verification import phone_numbers
from sms_verification.conf import settings
from sms_verification.exceptions import InvalidPhoneNumber, UnknownPurpose


class StrictCharField(serializers.CharField):
    """A JSON string as it is. DRF's own also takes numbers, and trims the rest."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Before all else: DRF's own prints what it gets, however deep it is nested.
        absent = data is None or data is serializers.empty
        if not absent and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class PhoneNumberField(StrictCharField):
    """A phone number as people type it. Its value is E.164."""

    default_error_messages = {
        "invalid_phone_number": _("Enter a valid phone number."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=64, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        try:
            return phone_numbers.parse(value, settings.DEFAULT_REGION)
        except InvalidPhoneNumber:
            self.fail("invalid_phone_number")


class CodeField(StrictCharField):
    """ASCII digits. ``\\Z`` and not ``$``, which lets a newline by."""

    def __init__(self, **kwargs: Any) -> None:
        shape = RegexValidator(
            r"\A[0-9]{4,10}\Z", _("Enter the digits of the code."), code="invalid"
        )
        super().__init__(validators=[shape], **kwargs)


class PurposeField(StrictCharField):
    default_error_messages = {"unknown_purpose": _("This is no purpose of this site.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=32, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        try:
            purpose = settings.purpose(value)
        except UnknownPurpose:
            self.fail("unknown_purpose")
        if purpose.is_notice:
            self.fail("unknown_purpose")
        return purpose.name


class StartSerializer(serializers.Serializer[Any]):
    phone_number = PhoneNumberField(
        required=False,
        help_text=_(
            "As people type it, or in E.164: +8613800138000. Not asked for where the"
            " code goes to the signed-in user's own number."
        ),
    )
    purpose = PurposeField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        own = settings.purpose(attrs["purpose"]).own_number
        if "phone_number" not in attrs and not own:
            required = self.fields["phone_number"].error_messages["required"]
            raise serializers.ValidationError({"phone_number": [required]})
        return attrs


class CheckSerializer(serializers.Serializer[Any]):
    code = CodeField()


class IdField(serializers.UUIDField):
    """A UUID as a JSON string. DRF's own takes ``true`` for one, and quotes the rest."""

    default_error_messages = {"invalid": _("Must be a valid UUID.")}

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """``true`` or ``false``. DRF's own takes ``"yes"`` and ``1`` for the one."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=type(data).__name__)
        return data


class NewPasswordField(StrictCharField):
    """A password that passes all that can be told without knowing its user."""

    def __init__(self, **kwargs: Any) -> None:
        # As long as the forms of django.contrib.auth take.
        super().__init__(max_length=4096, **kwargs)

    @sensitive_variables()
    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation(data)
        try:
            validate_password(value)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from None
        return value


class EvidenceSerializer(serializers.Serializer[Any]):
    """A code with its verification, or a proof."""

    verification = IdField(
        required=False, help_text=_("Without it, the one that this session began.")
    )
    code = CodeField(required=False)
    proof = StrictCharField(max_length=200, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("code" in attrs) == ("proof" in attrs):
            raise serializers.ValidationError(_("Give a code or a proof."))
        return attrs


class LoginSerializer(EvidenceSerializer):
    password = StrictCharField(
        max_length=4096,
        required=False,
        help_text=_("The present one, after step_up_required for an idle account."),
    )


class RegisterSerializer(EvidenceSerializer):
    username = StrictCharField(max_length=254, required=False)
    password = NewPasswordField(required=False)
    not_my_account = StrictBooleanField(
        required=False,
        help_text=_("Take the number over from an account that has lain idle."),
    )


class PasswordResetSerializer(EvidenceSerializer):
    password = NewPasswordField()


class PhoneNumberSerializer(EvidenceSerializer):
    password = StrictCharField(
        max_length=4096, required=False, help_text=_("The present one, if there is.")
    )
    old_proof = StrictCharField(
        max_length=200,
        required=False,
        help_text=_("Without a password, a proof of the present number."),
    )
    not_my_account = StrictBooleanField(
        required=False,
        help_text=_("Take the number over from an account that has lain idle."),
    )
