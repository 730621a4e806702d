"""The vendors' own tables of errors, against what becomes of each by the real SDK."""

from __future__ import annotations

import pytest

from sms_verification.exceptions import DeliveryUnknown, MessageRejected
from sms_verification.providers.base import Provider
from sms_verification.simulators import faults
from sms_verification.simulators.server import Server
from sms_verification.simulators.simulator import Simulator
from sms_verification.types import Reason
from tests.providers.vendors import aliyun, make, sms, tencent

ALIYUN = {
    "isv.BUSINESS_LIMIT_CONTROL": "rate_limited",
    "isv.MOBILE_NUMBER_ILLEGAL": "invalid_number",
    "isv.BLACK_KEY_CONTROL_LIMIT": "opted_out",
    "isv.CUSTOMER_REFUSED": "opted_out",
    "isv.DAY_LIMIT_CONTROL": "balance",
    "isv.MONTH_LIMIT_CONTROL": "balance",
    "isv.AMOUNT_NOT_ENOUGH": "balance",
    "isv.OUT_OF_SERVICE": "balance",
    "isv.PRODUCT_UN_SUBSCRIPT": "credentials",
    "isv.PRODUCT_UNSUBSCRIBE": "credentials",
    "isv.ACCOUNT_NOT_EXISTS": "credentials",
    "isv.ACCOUNT_ABNORMAL": "credentials",
    "isv.SECURITY_FROZEN_ACCOUNT": "credentials",
    "isp.RAM_PERMISSION_DENY": "credentials",
    "Forbidden.RAM": "credentials",
    "NoPermission": "credentials",
    "isv.DENY_IP_RANGE": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "IncompleteSignature": "credentials",
    "InvalidAccessKeyId.NotFound": "credentials",
    "InvalidSecurityToken.Expired": "credentials",
    "MissingSecurityToken": "credentials",
    "InvalidTimeStamp.Expired": "credentials",
    "isv.SMS_TEMPLATE_ILLEGAL": "configuration",
    "isv.SMS_SIGNATURE_ILLEGAL": "configuration",
    "isv.SMS_SIGN_ILLEGAL": "configuration",
    "isv.SIGN_STATE_ILLEGAL": "configuration",
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": "configuration",
    "isv.TEMPLATE_MISSING_PARAMETERS": "configuration",
    "isv.INVALID_PARAMETERS": "configuration",
    "isv.INVALID_JSON_PARAM": "configuration",
    "isv.PARAM_LENGTH_LIMIT": "configuration",
    "isv.PARAM_NOT_SUPPORT_URL": "configuration",
    "template_parameter_count_illegal": "configuration",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": "configuration",
    "isv.EXTEND_CODE_ERROR": "configuration",
    "isv.MOBILE_COUNT_OVER_LIMIT": "configuration",
    "isv.SMS_TEST_NUMBER_LIMIT": "configuration",
    "PORT_NOT_REGISTERED": "configuration",
    "InvalidVersion": "configuration",
    "InvalidAction.NotFound": "configuration",
    "MissingPhoneNumbers": "configuration",
    "isv.A_CODE_OF_NEXT_YEAR": "configuration",
    "isv.SMS_CONTENT_ILLEGAL": "content",
    "isv.UNSUPPORTED_CONTENT": "content",
    "isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE": "content",
    "isp.SYSTEM_ERROR": "unavailable",
    "isp.GATEWAY_ERROR": "unavailable",
    "Throttling": "unavailable",
    "Throttling.User": "unavailable",
    "Throttling.Api": "unavailable",
    "SignatureNonceUsed": "unknown",
    "InternalError": "unknown",
    "ServiceUnavailable": "unknown",
    "A code of next year": "unknown",
}

PNVS = {
    "biz.FREQUENCY": "rate_limited",
    "FREQUENCY_FAIL": "rate_limited",
    "BUSINESS_LIMIT_CONTROL": "rate_limited",
    "MOBILE_NUMBER_ILLEGAL": "invalid_number",
    "FUNCTION_NOT_OPENED": "credentials",
    "INVALID_PARAMETERS": "configuration",
    "isv.SMS_TEMPLATE_ILLEGAL": "configuration",
    "A code of next year": "unknown",
}

TENCENT = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": "rate_limited",
    "LimitExceeded.PhoneNumberOneHourLimit": "rate_limited",
    "LimitExceeded.PhoneNumberDailyLimit": "rate_limited",
    "LimitExceeded.PhoneNumberSameContentDailyLimit": "rate_limited",
    "LimitExceeded.DeliveryFrequencyLimit": "rate_limited",
    "LimitExceeded.AppDailyLimit": "balance",
    "LimitExceeded.DailyLimit": "balance",
    "LimitExceeded.AppMainlandChinaDailyLimit": "unsupported_destination",
    "LimitExceeded.AppGlobalDailyLimit": "unsupported_destination",
    "LimitExceeded.AppCountryOrRegionDailyLimit": "unsupported_destination",
    "FailedOperation.InsufficientBalanceInSmsPackage": "balance",
    "UnauthorizedOperation.ServiceSuspendDueToArrears": "balance",
    "LimitExceeded.AppCountryOrRegionInBlacklist": "unsupported_destination",
    "UnsupportedOperation.UnsupportedRegion": "unsupported_destination",
    "LimitExceeded.GlobalSmsSendingRateLimit": "unavailable",
    "RequestLimitExceeded": "unavailable",
    "RequestLimitExceeded.UinLimitExceeded": "unavailable",
    "RequestLimitExceeded.IPLimitExceeded": "unavailable",
    "InternalError": "unavailable",
    "ResourceUnavailable": "unavailable",
    "ActionOffline": "unavailable",
    "InvalidParameterValue.IncorrectPhoneNumber": "invalid_number",
    "FailedOperation.PhoneNumberParseFail": "invalid_number",
    "FailedOperation.PhoneNumberInBlacklist": "opted_out",
    "LimitExceeded.PhoneNumberOfNextYear": "rate_limited",
    "LimitExceeded.PhoneNumberCountLimit": "configuration",
    "FailedOperation.ParametersOtherError": "unknown",
    "FailedOperation.SignatureIncorrectOrUnapproved": "configuration",
    "FailedOperation.TemplateIncorrectOrUnapproved": "configuration",
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": "configuration",
    "InvalidParameterValue.TemplateParameterFormatError": "configuration",
    "InvalidParameterValue.SdkAppIdNotExist": "configuration",
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": "configuration",
    "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone": "configuration",
    "UnauthorizedOperation.SdkAppIdIsDisabled": "credentials",
    "UnauthorizedOperation.RequestIpNotInWhitelist": "credentials",
    "UnauthorizedOperation.RequestPermissionDeny": "credentials",
    "AuthFailure.SignatureFailure": "credentials",
    "AuthFailure.SecretIdNotFound": "credentials",
    "AuthFailure.SignatureExpire": "credentials",
    "AuthFailure.TokenFailure": "credentials",
    "InternalError.SigVerificationFail": "credentials",
    "InternalError.RequestTimeException": "credentials",
    "FailedOperation.ContainSensitiveWord": "content",
    "InvalidParameter.DirtyWordFound": "content",
    "InternalError.Timeout": "unknown",
    "InternalError.SendAndRecvFail": "unknown",
    "InternalError.OtherError": "unknown",
    "InternalError.UnknownError": "unknown",
    "A code of next year": "unknown",
}

TWILIO = {
    "21211": "invalid_number",
    "21614": "invalid_number",
    "21610": "opted_out",
    "21408": "unsupported_destination",
    "21612": "unsupported_destination",
    "20003": "credentials",
    "20404": "credentials",
    "20005": "balance",
    "20429": "unavailable",
    "14107": "rate_limited",
    "21608": "unsupported_destination",
    "21611": "unavailable",
    "63038": "balance",
    "21606": "configuration",
    "21659": "configuration",
    "21617": "content",
    "99999": "configuration",
}


def told(provider: Provider) -> tuple[str, str]:
    """Return the word for what became of an SMS, and the code that is kept."""
    try:
        provider.send(sms())
    except MessageRejected as error:
        return Reason(error.reason), error.code
    except DeliveryUnknown as error:
        return "unknown", error.code
    return "accepted", ""


TABLES = {"aliyun": ALIYUN, "dypns": PNVS, "tencent": TENCENT, "twilio": TWILIO}
CASES = [
    pytest.param(vendor, code, means, id=f"{vendor}-{code}")
    for vendor, table in TABLES.items()
    for code, means in table.items()
]


class CodeTests:
    @pytest.mark.parametrize(("vendor", "code", "means"), CASES)
    def test_comes_to_a_reason(
        self,
        vendor: str,
        code: str,
        means: str,
        sms_simulator: Simulator,
        sms_simulator_server: Server,
    ) -> None:
        getattr(sms_simulator, vendor).fail(faults.vendor_error(code))
        assert told(make(vendor, sms_simulator_server)) == (means, code)

    @pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
    def test_counts_whatever_the_status_is(
        self, status: int, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """Alibaba Cloud's products differ in the status of one and the same code."""
        fault = faults.vendor_error("isv.AMOUNT_NOT_ENOUGH", status=status)
        sms_simulator.aliyun.fail(fault)
        assert told(aliyun(sms_simulator_server.host))[0] == "balance"

    def test_of_an_element_counts_like_one_of_the_answer(
        self, sms_simulator: Simulator, sms_simulator_server: Server
    ) -> None:
        """Tencent Cloud answers some with 200 and the refusal beside the number."""
        provider = tencent(sms_simulator_server.host)
        provider.send(sms())
        assert told(provider)[0] == "rate_limited"
