"""Alibaba Cloud's error codes in our words.

https://help.aliyun.com/document_detail/101346.html, and the gateway's own codes.
"""

from __future__ import annotations

from sms_verification.providers.codes import Codes
from sms_verification.types import Reason

CODES = Codes(
    {
        Reason.RATE_LIMITED: """
            isv.BUSINESS_LIMIT_CONTROL BUSINESS_LIMIT_CONTROL MOBILE_SEND_LIMIT
            FREQUENCY_FAIL biz.FREQUENCY
        """,
        Reason.INVALID_NUMBER: """
            isv.MOBILE_NUMBER_ILLEGAL MOBILE_NUMBER_ILLEGAL INVALID_NUMBER
        """,
        Reason.OPTED_OUT: """
            isv.BLACK_KEY_CONTROL_LIMIT MOBILE_IN_BLACK USER_REJECT isv.CUSTOMER_REFUSED
        """,
        Reason.BALANCE: """
            isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE isv.DAY_LIMIT_CONTROL
            isv.MONTH_LIMIT_CONTROL
        """,
        Reason.CREDENTIALS: """
            isv.PRODUCT_UN_SUBSCRIPT isv.PRODUCT_UNSUBSCRIBE isv.ACCOUNT_NOT_EXISTS
            isv.ACCOUNT_ABNORMAL isv.SECURITY_FROZEN_ACCOUNT isp.RAM_PERMISSION_DENY
            isv.DENY_IP_RANGE NoPermission SignatureDoesNotMatch IncompleteSignature
            MissingSecurityToken InvalidCredentials FUNCTION_NOT_OPENED
        """,
        Reason.CONTENT: """
            isv.SMS_CONTENT_ILLEGAL isv.UNSUPPORTED_CONTENT CONTENT_KEYWORD
            isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE
        """,
        Reason.UNAVAILABLE: "isp.SYSTEM_ERROR isp.GATEWAY_ERROR IS_CLOSE NO_ROUTE",
        Reason.CONFIGURATION: """
            template_parameter_count_illegal PORT_NOT_REGISTERED INVALID_PARAMETERS
        """,
    },
    # What names an input is an error of ours, and not accepted. A nonce that was used
    # is none of them: the request that used it may have been.
    {
        "Forbidden.": Reason.CREDENTIALS,
        "InvalidAccessKeyId": Reason.CREDENTIALS,
        "InvalidSecurityToken": Reason.CREDENTIALS,
        "InvalidTimeStamp": Reason.CREDENTIALS,
        "Throttling": Reason.UNAVAILABLE,
        "isv.": Reason.CONFIGURATION,
        "Missing": Reason.CONFIGURATION,
        "Invalid": Reason.CONFIGURATION,
    },
)
