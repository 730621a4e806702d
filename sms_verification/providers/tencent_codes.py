"""Tencent Cloud's error codes in our words.

https://cloud.tencent.com/document/product/382/55981, and the gateway's own codes.
"""

from __future__ import annotations

from sms_verification.providers.codes import Codes
from sms_verification.types import Reason

CODES = Codes(
    {
        Reason.RATE_LIMITED: """
            LimitExceeded.PhoneNumberThirtySecondLimit LimitExceeded.PhoneNumberOneHourLimit
            LimitExceeded.PhoneNumberDailyLimit LimitExceeded.DeliveryFrequencyLimit
            LimitExceeded.PhoneNumberSameContentDailyLimit
        """,
        Reason.INVALID_NUMBER: """
            InvalidParameterValue.IncorrectPhoneNumber FailedOperation.PhoneNumberParseFail
        """,
        Reason.OPTED_OUT: "FailedOperation.PhoneNumberInBlacklist",
        Reason.BALANCE: """
            FailedOperation.InsufficientBalanceInSmsPackage
            UnauthorizedOperation.ServiceSuspendDueToArrears
            LimitExceeded.AppDailyLimit LimitExceeded.DailyLimit
        """,
        Reason.UNSUPPORTED_DESTINATION: """
            LimitExceeded.AppCountryOrRegionInBlacklist
            LimitExceeded.AppMainlandChinaDailyLimit LimitExceeded.AppGlobalDailyLimit
            LimitExceeded.AppCountryOrRegionDailyLimit
            UnsupportedOperation.UnsupportedRegion
        """,
        Reason.CONTENT: """
            FailedOperation.ContainSensitiveWord InvalidParameter.DirtyWordFound
        """,
        Reason.CREDENTIALS: """
            UnauthorizedOperation.SdkAppIdIsDisabled
            UnauthorizedOperation.RequestIpNotInWhitelist
            UnauthorizedOperation.RequestPermissionDeny
            InternalError.SigVerificationFail InternalError.RequestTimeException
        """,
        Reason.UNAVAILABLE: """
            LimitExceeded.GlobalSmsSendingRateLimit InternalError ResourceUnavailable
            ActionOffline
        """,
    },
    # ``InternalError.`` is no family: among its codes is a timeout behind the gateway.
    {
        "AuthFailure": Reason.CREDENTIALS,
        "RequestLimitExceeded": Reason.UNAVAILABLE,
        "LimitExceeded.PhoneNumberCountLimit": Reason.CONFIGURATION,
        "LimitExceeded.PhoneNumber": Reason.RATE_LIMITED,
        "LimitExceeded": Reason.UNAVAILABLE,
        "FailedOperation.ParametersOtherError": None,
        "FailedOperation.": Reason.CONFIGURATION,
        "InvalidParameter": Reason.CONFIGURATION,
        "MissingParameter": Reason.CONFIGURATION,
        "UnknownParameter": Reason.CONFIGURATION,
        "UnauthorizedOperation": Reason.CONFIGURATION,
        "UnsupportedOperation": Reason.CONFIGURATION,
        "InvalidAction": Reason.CONFIGURATION,
        "NoSuchVersion": Reason.CONFIGURATION,
        "UnsupportedRegion": Reason.CONFIGURATION,
    },
)
