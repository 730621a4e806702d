"""Reads a browser's log, and looks whether each page came with the policy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError

POLICY = "default-src 'self'"

# Swagger UI is begun by a script inside its page.
EXEMPT = {"/api/"}

# Without scripts, the browser itself says what the policy stopped.
REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("policy", event.violatedDirective, event.blockedURI, event.sourceFile));
"""


class Watch:
    """What browsers complained of in a test, and what they should have."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.pages: set[str] = set()
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Let a complaint pass: the test is about what causes it."""
        self._expected.append(pattern)

    def follow(self, context: BrowserContext) -> None:
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._read)
        context.on("weberror", self._see_error)
        context.on("response", self._look_at)

    def unexpected(self) -> list[str]:
        return [c for c in self.complaints if not self._is_expected(c)]

    def _is_expected(self, complaint: str) -> bool:
        return any(re.search(pattern, complaint) for pattern in self._expected)

    def _read(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            where = message.location.get("url", "")
            if urlsplit(where).path not in EXEMPT:
                self.complaints.append(f"{message.type}: {message.text} ({where})")

    def _see_error(self, error: WebError) -> None:
        self.complaints.append(f"uncaught: {error.error}")

    def _look_at(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 500:
            self.complaints.append(f"status {response.status}: {path}")
        if response.request.resource_type != "document" or path in EXEMPT:
            return
        self.pages.add(path)
        policy = response.headers.get("content-security-policy")
        if policy != POLICY:
            self.complaints.append(f"policy {policy!r}: {path}")
