from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sms_verification.web.decorators import verification_required


@verification_required("withdraw", within=timedelta(minutes=5))
def withdraw(request: HttpRequest) -> HttpResponse:
    """Stand for what a stolen session must not do."""
    return render(request, "withdraw.html")
