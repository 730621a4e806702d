"""What has happened, for whoever watches. Receivers cannot veto anything.

Each is sent after its transaction is committed, with ``verification_id`` (UUID),
``purpose`` and ``phone_number`` (masked). No payload holds a code, a salt or a
full number.
"""

from __future__ import annotations

from django.dispatch import Signal

verification_started = Signal()

verification_approved = Signal()

# Also carries ``checks_left`` (int).
check_failed = Signal()

# Also carries ``provider`` (alias), ``outcome`` and ``reason`` (both str).
delivery_recorded = Signal()

# Also carries ``provider`` (alias), ``receipt`` and ``receipt_code`` (both str).
receipt_recorded = Signal()

# Sent with ``user_pk``, ``old_phone_number`` ("" for a first one) and ``phone_number``
# (both masked), and with no verification.
phone_number_changed = Signal()
