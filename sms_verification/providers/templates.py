"""Which of a vendor's approved templates an SMS takes, and what goes into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from sms_verification.exceptions import MessageRejected
from sms_verification.phone_numbers import is_mainland
from sms_verification.types import Reason, SmsMessage

# For purposes that have no template of their own.
DEFAULT = "default"

# What a template may ask for.
VALUES: dict[str, Callable[[SmsMessage], str]] = {
    "code": lambda message: message.code,
    "minutes": lambda message: str(message.minutes),
}

_OPTIONS = {"id", "sign_name", "variables"}


@dataclass(frozen=True, slots=True)
class Template:
    """One approved template, with the signature that it goes out under."""

    id: str
    sign_name: str
    # The template's own variables in their order, each with ours that fills it.
    variables: Mapping[str, str]

    def fill(self, message: SmsMessage) -> dict[str, str]:
        """Return exactly the variables that the template declares, in their order."""
        return {own: VALUES[ours](message) for own, ours in self.variables.items()}


class Templates:
    """Those of a mainland account, and the ones for elsewhere.

    ``templates`` names a template for each purpose, and a ``default``: by its id, or
    by ``{"id", "sign_name", "variables"}``. Variables are a list of ours, ``code``
    and ``minutes``, or a dict of the template's names for them. ``international``
    takes ``templates`` and ``sign_name`` for numbers outside of the mainland; without
    it, nothing is sent there.
    """

    def __init__(
        self,
        templates: Mapping[str, Any],
        sign_name: str = "",
        international: Mapping[str, Any] | None = None,
    ) -> None:
        self.mainland = _read(templates, sign_name)
        self.international: dict[str, Template] = {}
        if international is not None:
            if not {*international} <= {"templates", "sign_name"}:
                raise _bad("international takes templates and sign_name")
            self.international = _read(
                international.get("templates"), international.get("sign_name", "")
            )

    def __iter__(self) -> Iterator[Template]:
        yield from self.mainland.values()
        yield from self.international.values()

    def of(self, message: SmsMessage) -> Template:
        """Return the one for an SMS. Raise ``MessageRejected`` if there is none."""
        choose = self.find if message.code else self.of_its_own
        found = choose(message.purpose, mainland=is_mainland(message.phone_number))
        if found is None:
            raise MessageRejected(Reason.CONFIGURATION, "no_template")
        return found

    def find(self, purpose: str, *, mainland: bool) -> Template | None:
        return self.of_its_own(purpose, mainland=mainland) or self.of_its_own(
            DEFAULT, mainland=mainland
        )

    def of_its_own(self, purpose: str, *, mainland: bool) -> Template | None:
        """Return the one for this purpose alone. The default is worded for codes."""
        templates = self.mainland if mainland else self.international
        return templates.get(purpose)


def _read(templates: object, sign_name: object) -> dict[str, Template]:
    if not isinstance(templates, Mapping) or not templates:
        raise _bad("templates names one for each purpose, or a default")
    return {str(k): _template(entry, sign_name) for k, entry in templates.items()}


def _template(entry: object, sign_name: object) -> Template:
    options = entry if isinstance(entry, Mapping) else {"id": entry}
    template_id = options.get("id")
    if not {*options} <= _OPTIONS or not template_id:
        raise _bad("a template is an id, or a dict of id, sign_name and variables")
    sign_name = options.get("sign_name", sign_name)
    if not isinstance(template_id, str) or not isinstance(sign_name, str):
        raise _bad("ids of templates and sign names are strings")
    return Template(
        template_id, sign_name, _variables(options.get("variables", ["code"]))
    )


def _variables(given: object) -> dict[str, str]:
    if isinstance(given, Mapping):
        variables = dict(given)
    elif isinstance(given, Sequence) and not isinstance(given, str):
        variables = {str(name): name for name in given}
    else:
        raise _bad("variables is a list or a dict")
    if not all(isinstance(ours, str) and ours in VALUES for ours in variables.values()):
        raise _bad(f"variables are filled by {' and '.join(VALUES)}")
    return variables


def _bad(what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"OPTIONS: {what}.")
