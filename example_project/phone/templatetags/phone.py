from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings

from phone.messages import latest

register = template.Library()


@register.simple_tag
def phone_is_there() -> bool:
    """Whether to speak of the phone at all."""
    return settings.DEBUG


@register.inclusion_tag("phone/phone.html")
def phone() -> dict[str, Any]:
    """Draw the phone, or nothing where ``DEBUG`` is off."""
    return {"is_there": settings.DEBUG, "messages": latest()}
