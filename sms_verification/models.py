"""What is known about numbers, verifications and deliveries. No rule lives here."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Self

from django.conf import settings
from django.db import models, router
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sms_verification import codes, phone_numbers
from sms_verification.ids import uuid7

# How long an approval can be spent.
APPROVAL_LIFETIME = timedelta(minutes=10)


def database() -> str:
    """Return the alias that every read and write of the flow goes to.

    Reads too: a replica that lags would give back checks and cooldowns.
    """
    return router.db_for_write(PhoneNumber)


class PhoneNumber(models.Model):
    """Everything known about one number, and the limits that hold for it."""

    number = models.CharField(_("number"), max_length=16, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="verified_phone_number",
    )
    verified_at = models.DateTimeField(_("verified at"), null=True, blank=True)
    # When the last SMS left for it, in seconds since 1970, the newest last; and a
    # counter of changes to that, by which a writer learns whether what it read holds.
    sent_at = models.JSONField(_("sent at"), default=list, blank=True)
    sends = models.PositiveBigIntegerField(_("sends"), default=0)
    active_at = models.DateTimeField(_("active at"), default=timezone.now)
    failed_checks = models.PositiveIntegerField(_("failed checks in a row"), default=0)
    locked_until = models.DateTimeField(_("no checks until"), null=True, blank=True)
    blocked_until = models.DateTimeField(_("blocked until"), null=True, blank=True)
    block_reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        constraints = [
            models.CheckConstraint(
                condition=Q(number__startswith="+"),
                name="sms_verification_number_e164",
            ),
        ]
        permissions = [
            ("view_full_number", _("Can see full phone numbers")),
            ("block_phonenumber", _("Can block phone numbers and lift locks")),
        ]
        indexes = [
            models.Index(fields=["active_at"], name="sms_verif_number_active"),
            # For staff. Whole, since MariaDB has no partial indexes, and warns of them.
            models.Index(fields=["locked_until"], name="sms_verif_number_locked"),
            models.Index(fields=["blocked_until"], name="sms_verif_number_blocked"),
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        return phone_numbers.mask(self.number)

    def is_blocked(self, now: datetime) -> bool:
        """Whether staff let it neither start nor check."""
        return self.blocked_until is not None and self.blocked_until > now

    def is_locked(self, now: datetime) -> bool:
        """Whether wrong codes let it check none."""
        return self.locked_until is not None and self.locked_until > now


class Status(models.TextChoices):
    """Where a verification stands. Derived, so no job has to run for it to expire."""

    PENDING = "pending", _("pending")
    APPROVED = "approved", _("approved")
    USED = "used", _("used")
    EXPIRED = "expired", _("expired")
    EXHAUSTED = "exhausted", _("exhausted")


class VerificationQuerySet(models.QuerySet["Verification"]):
    def with_status(self, now: datetime) -> Self:
        """Annotate ``derived_status``, which can be filtered by."""
        return self.annotate(
            derived_status=Case(
                When(used_at__isnull=False, then=Value(Status.USED)),
                When(
                    approved_at__gt=now - APPROVAL_LIFETIME,
                    then=Value(Status.APPROVED),
                ),
                When(approved_at__isnull=False, then=Value(Status.EXPIRED)),
                When(checks_left=0, then=Value(Status.EXHAUSTED)),
                When(expires_at__gt=now, then=Value(Status.PENDING)),
                default=Value(Status.EXPIRED),
                output_field=models.CharField(),
            )
        )


class Verification(models.Model):
    """One attempt to prove control of a phone number for a purpose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone_number = models.ForeignKey(
        PhoneNumber,
        verbose_name=_("phone number"),
        on_delete=models.PROTECT,
        related_name="verifications",
        db_index=False,  # the index below begins with it
    )
    purpose = models.CharField(_("purpose"), max_length=32)
    # As secret as a code: never in admin, exports or signals.
    salt = models.BinaryField(max_length=codes.SALT_BYTES, default=codes.new_salt)
    key_id = models.CharField(max_length=16, default=codes.current_key_id)
    code_length = models.PositiveSmallIntegerField(_("code length"))
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    expires_at = models.DateTimeField(_("expires at"))
    checks_left = models.PositiveSmallIntegerField(_("checks left"))
    # When each wrong code was counted, in seconds since 1970. For staff.
    failed_at = models.JSONField(_("failed checks at"), default=list, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=200, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("signed in as"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    language = models.CharField(_("language"), max_length=16, blank=True)

    objects = VerificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("verification")
        verbose_name_plural = _("verifications")
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at=None) | Q(approved_at__isnull=False),
                name="sms_verification_used_is_approved",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="sms_verification_expires_later",
            ),
        ]
        indexes = [
            models.Index(
                fields=["phone_number", "purpose", "created_at"],
                name="sms_verif_number_purpose",
            ),
            models.Index(fields=["created_at"], name="sms_verif_created"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    def is_pending(self, now: datetime) -> bool:
        """Whether a right code would approve it."""
        return (
            self.approved_at is None and self.checks_left > 0 and self.expires_at > now
        )

    @property
    def spendable_until(self) -> datetime | None:
        """When its approval ends, or ``None`` if there is none or it was spent."""
        if self.approved_at is None or self.used_at is not None:
            return None
        return self.approved_at + APPROVAL_LIFETIME

    @cached_property
    def latest_delivery(self) -> Delivery | None:
        deliveries = self.deliveries.using(database())
        return deliveries.order_by("requested_at").last()


class Outcome(models.TextChoices):
    """What came of handing an SMS to a provider."""

    QUEUED = "queued", _("waits in the queue")
    UNKNOWN = "unknown", _("may have left")
    ACCEPTED = "accepted", _("accepted")
    REJECTED = "rejected", _("rejected")
    WITHHELD = "withheld", _("withheld on purpose")


# The code of a delivery that was of no use any more when a worker came to it.
LATE = "late"


class Delivery(models.Model):
    """One hand-over of one verification to one provider.

    It is written before the network as ``unknown``, so a process that dies in
    between leaves the truth behind. One that waits for a worker is ``queued`` until
    the worker claims it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    verification = models.ForeignKey(
        Verification,
        verbose_name=_("verification"),
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    provider = models.CharField(_("provider"), max_length=64)
    outcome = models.CharField(
        _("outcome"), max_length=16, choices=Outcome, default=Outcome.UNKNOWN
    )
    message_id = models.CharField(_("message id"), max_length=128, blank=True)
    vendor_code = models.CharField(_("vendor's code"), max_length=128, blank=True)
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    duration = models.DurationField(_("duration"), null=True, blank=True)
    parts = models.PositiveSmallIntegerField(_("parts"), null=True, blank=True)
    receipt = models.CharField(_("receipt"), max_length=16, blank=True)
    receipt_code = models.CharField(_("receipt code"), max_length=128, blank=True)
    received_at = models.DateTimeField(_("receipt at"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["requested_at"], name="sms_verif_requested"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.id}"
