from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone, translation

from sms_verification import logins, proofs, transactions
from sms_verification.accounts import LinkedAccounts
from sms_verification.exceptions import PhoneNumberTaken, StepUpRequired
from sms_verification.management import numbers
from sms_verification.models import PhoneNumber
from tests.factories import PhoneNumberFactory, UserFactory, VerificationFactory
from tests.models import Profile
from tests.phones import ALICE, BOB

pytestmark = pytest.mark.django_db

NOTHING = "Nothing was changed. Run it again with --apply."


def has(phone: str | None, *, verified: bool = True, **fields: Any) -> Any:
    """Return a user whose number the host has."""
    user = UserFactory()
    Profile.objects.create(user=user, phone=phone, phone_verified=verified, **fields)
    return user


def told(**options: Any) -> list[str]:
    """Return what the command prints, and as its last line why it fails."""
    out = StringIO()
    given = {"field": "profile__phone", "verified": "profile__phone_verified"}
    try:
        call_command("sms_link_numbers", stdout=out, **{**given, **options})
    except CommandError as error:
        return [*out.getvalue().splitlines(), str(error)]
    return out.getvalue().splitlines()


def links() -> dict[str, Any]:
    rows = PhoneNumber.objects.select_related("user")
    return {row.number: row.user for row in rows}


class TestDryRun:
    def test_tells_and_changes_nothing(self) -> None:
        user = has("138 0013 8000")
        assert told() == [
            f"To be linked: user {user.pk} +86138****8000",
            "To be linked: 1",
            NOTHING,
        ]
        assert links() == {}

    def test_can_tell_counts_alone(self) -> None:
        has("138 0013 8000")
        assert told(verbosity=0) == ["To be linked: 1", NOTHING]

    def test_has_nothing_to_tell_of_users_without_a_number(self) -> None:
        UserFactory()
        has(None)
        has("")
        has("  ")
        assert told() == [NOTHING]


class TestApply:
    def test_links_a_number_that_was_never_seen(self) -> None:
        user = has("138 0013 8000")
        assert told(apply=True) == [
            f"Linked: user {user.pk} +86138****8000",
            "Linked: 1",
        ]
        assert links() == {ALICE: user}

    def test_links_a_number_that_was_seen(self) -> None:
        row, user = PhoneNumberFactory(number=ALICE, failed_checks=3), has(ALICE)
        told(apply=True)
        assert links() == {ALICE: user}
        assert PhoneNumber.objects.get(pk=row.pk).failed_checks == 3

    def test_finds_nothing_more_to_do_the_second_time(self) -> None:
        user = has(ALICE)
        told(apply=True)
        first = PhoneNumber.objects.values().get()
        assert told(apply=True) == [
            f"Linked already: user {user.pk} +86138****8000",
            "Linked already: 1",
        ]
        assert PhoneNumber.objects.values().get() == first

    def test_leaves_the_hosts_own_column_as_it_is(self) -> None:
        has("138 0013 8000")
        told(apply=True)
        assert Profile.objects.get().phone == "138 0013 8000"


class TestVerified:
    def test_what_nobody_verified_is_not_linked(self) -> None:
        user = has("138 0013 8000", verified=False)
        assert told(apply=True) == [
            f"Not verified: user {user.pk} +86138****8000",
            "Not verified: 1",
        ]
        assert links() == {}

    def test_a_date_will_do(self) -> None:
        user = has(ALICE, phone_verified_at=datetime(2025, 1, 1, tzinfo=UTC))
        has(BOB)
        told(verified="profile__phone_verified_at", apply=True)
        assert links() == {ALICE: user}

    def test_an_unverified_claim_is_in_nobodys_way(self) -> None:
        has("138 0013 8000", verified=False)
        user = has(ALICE)
        told(apply=True)
        assert links() == {ALICE: user}


class TestConflicts:
    def test_two_users_with_one_number_are_linked_to_neither(self) -> None:
        one, two, other = has("138 0013 8000"), has("+86-13800138000"), has(BOB)
        text = "Conflict, two users have the number"
        assert told(apply=True) == [
            f"{text}: user {one.pk} +86138****8000",
            f"{text}: user {two.pk} +86138****8000",
            f"Linked: user {other.pk} +86139****9000",
            "Linked: 1",
            f"{text}: 2",
            "Conflicts that somebody must decide: 2",
        ]
        assert links() == {BOB: other}

    def test_two_users_are_found_in_two_batches(self) -> None:
        has("138 0013 8000")
        has(BOB)
        has(ALICE)
        told(apply=True, batch_size=1)
        assert links().keys() == {BOB}

    def test_a_number_of_another_user_stays_theirs(self) -> None:
        owner = UserFactory()
        PhoneNumberFactory(number=ALICE, user=owner)
        user = has(ALICE)
        text = "Conflict, the number is linked to another user"
        assert told(apply=True)[0] == f"{text}: user {user.pk} +86138****8000"
        assert links() == {ALICE: owner}

    def test_a_user_keeps_the_number_that_is_proved(self) -> None:
        user = has(ALICE)
        PhoneNumberFactory(number=BOB, user=user)
        text = "Conflict, the user is linked to another number"
        assert told(apply=True)[0] == f"{text}: user {user.pk} +86138****8000"
        assert links() == {BOB: user}

    def test_who_has_proved_a_number_is_in_no_conflict(self) -> None:
        user, other = has(ALICE), has("138 0013 8000")
        PhoneNumberFactory(number=ALICE, user=user)
        assert told()[:2] == [
            f"Linked already: user {user.pk} +86138****8000",
            "Conflict, the number is linked to another user:"
            f" user {other.pk} +86138****8000",
        ]

    def test_a_dry_run_fails_of_them_too(self) -> None:
        PhoneNumberFactory(number=ALICE, user=UserFactory())
        has(ALICE)
        assert told()[-1] == "Conflicts that somebody must decide: 1"


class TestNumbers:
    def test_what_is_none_is_left_and_not_shown(self) -> None:
        user = has("138 0013 80000")
        assert told(apply=True) == [
            f"Not a phone number: user {user.pk}",
            "Not a phone number: 1",
        ]

    def test_region_is_the_sites_unless_told(self) -> None:
        user = has("07400 123456")
        assert told()[0] == f"Not a phone number: user {user.pk}"
        assert told(region="GB")[0] == f"To be linked: user {user.pk} +4474****3456"

    def test_none_is_printed_whole(self, capsys: pytest.CaptureFixture[str]) -> None:
        has("138 0013 8000")
        has("139 0013 90001")
        call_command(
            "sms_link_numbers",
            "--field=profile__phone",
            "--verified=profile__phone_verified",
            "--apply",
        )
        read = capsys.readouterr()
        assert not re.search(r"\d{6}", re.sub(r"\D", " ", read.out + read.err))


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"field": "phone"}, "phone leads from a user to no single field."),
            ({"field": "groups__name"}, "groups__name leads from a user to no single"),
            ({"field": "profile"}, "profile leads from a user to no single field."),
            ({"field": "profile__user"}, "profile__user leads from a user to no"),
            ({"verified": "username"}, "username is neither a bool nor a date."),
            ({"region": "UK"}, "UK is not a region."),
        ],
    )
    def test_are_refused_before_anything_is_read(
        self, options: dict[str, str], message: str, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            assert told(**options)[0].startswith(message)

    def test_site_without_region_wants_numbers_with_their_country(
        self, settings: Any
    ) -> None:
        settings.SMS_VERIFICATION_DEFAULT_REGION = None
        user, _other = has(ALICE), has("139 0013 9000")
        told(apply=True)
        assert links() == {ALICE: user}


class TestIdle:
    """A number that was verified years ago may be somebody else's by now."""

    THEN = datetime(2020, 1, 1, tzinfo=UTC)

    @pytest.mark.parametrize("verified", ["phone_verified_at", "phone_verified"])
    def test_keeps_its_date(self, verified: str) -> None:
        user = has(ALICE, phone_verified_at=self.THEN)
        type(user).objects.update(last_login=self.THEN)
        told(apply=True, verified=f"profile__{verified}")
        assert PhoneNumber.objects.get().verified_at == self.THEN

    def test_is_none_that_lies_ahead(self, clock: Any) -> None:
        """Until then each proof would be older than the link."""
        has(ALICE, phone_verified_at=timezone.now() + timedelta(days=2))
        told(apply=True, verified="profile__phone_verified_at")
        assert PhoneNumber.objects.get().verified_at == timezone.now()

    def test_has_none_that_nobody_knows(self) -> None:
        has(ALICE)
        told(apply=True)
        number = PhoneNumber.objects.get()
        assert (number.user is not None, number.verified_at) == (True, None)

    def test_asks_for_more_than_a_code(self, settings: Any) -> None:
        """A38."""
        settings.SMS_VERIFICATION_DORMANT_AFTER = timedelta(days=90)
        has(ALICE)
        told(apply=True)
        shown = VerificationFactory(
            phone_number=PhoneNumber.objects.get(),
            purpose="login",
            approved_at=timezone.now(),
        )
        with pytest.raises(StepUpRequired):
            logins.by_proof(proofs.write(shown.pk))

    def test_of_a_day_counts_from_its_begin(self) -> None:
        has(ALICE, phone_verified_on=self.THEN.date())
        told(apply=True, verified="profile__phone_verified_on")
        assert PhoneNumber.objects.get().verified_at == self.THEN


class TestChinese:
    def test_is_spoken(self) -> None:
        user = has("138 0013 8000")
        has("1")
        with translation.override("zh-hans"):
            assert told() == [
                f"待关联: 用户 {user.pk} +86138****8000",
                f"不是手机号: 用户 {user.pk + 1}",
                "待关联: 1",
                "不是手机号: 1",
                "未做任何更改。加上 --apply 再次运行。",
            ]


class Meanwhile:
    """Does something once, right before the first statement like ``pattern``."""

    def __init__(self, pattern: str, act: Callable[[], Any]) -> None:
        self.pattern = pattern
        self.act = [act]

    def __call__(self, execute: Any, sql: str, *rest: Any) -> Any:
        if self.act and re.match(self.pattern, re.sub('["`]', "", sql)):
            self.act.pop()()
        return execute(sql, *rest)


class TestMeanwhile:
    """The site is in use while the command runs."""

    def told(self, pattern: str, act: Callable[[], Any]) -> list[str]:
        meanwhile = Meanwhile(pattern, act)
        with connection.execute_wrapper(meanwhile):
            lines = told(apply=True)
        assert meanwhile.act == []
        return lines

    @pytest.mark.parametrize(
        "change", [{"phone": BOB}, {"phone": None}, {"phone_verified": False}]
    )
    def test_a_user_who_changed_the_number_is_left(
        self, change: dict[str, Any]
    ) -> None:
        user = has(ALICE)
        lines = self.told(
            "SELECT .* FROM sms_verification_phonenumber WHERE .*user_id IN",
            lambda: Profile.objects.update(**change),
        )
        assert lines[0] == (
            f"Changed meanwhile, run again: user {user.pk} +86138****8000"
        )
        assert links() == {}

    def test_a_number_that_got_an_owner_is_left_and_the_rest_goes_on(self) -> None:
        """And the row that was made for it goes with the link."""
        one, two = has(ALICE), has(BOB)
        lines = self.told(
            "UPDATE sms_verification_phonenumber",
            lambda: PhoneNumberFactory(number="+8613700137000", user=one),
        )
        text = "Conflict, the number or the user was linked meanwhile"
        assert lines == [
            f"{text}: user {one.pk} +86138****8000",
            f"Linked: user {two.pk} +86139****9000",
            "Linked: 1",
            f"{text}: 1",
            "Conflicts that somebody must decide: 1",
        ]
        assert links() == {BOB: two}

    def test_a_number_that_somebody_started_with_is_linked_all_the_same(self) -> None:
        user = has(ALICE)
        self.told(
            "SAVEPOINT",
            lambda: PhoneNumberFactory(number=ALICE, sends=1),
        )
        assert links() == {ALICE: user}
        assert PhoneNumber.objects.get().sends == 1

    def test_a_row_that_never_holds_still_is_left_for_the_next_run(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*args: Any) -> None:
            raise transactions.Lost

        user = has(ALICE)
        monkeypatch.setattr(numbers.storage, "find_number", busy)
        assert told(apply=True)[0] == (
            f"Changed meanwhile, run again: user {user.pk} +86138****8000"
        )


class Register(LinkedAccounts):
    """Keeps who owns a number somewhere else."""

    owner: Any = None

    def exists(self, number: PhoneNumber) -> bool:
        return self.owner is not None

    def find(self, number: PhoneNumber) -> Any:
        return self.owner

    def link(self, number: PhoneNumber, user: Any) -> None:
        raise PhoneNumberTaken("Whatever its reason is.")


class TestAccountsOfTheHosts:
    @pytest.fixture(autouse=True)
    def _register(self, settings: Any) -> None:
        settings.SMS_VERIFICATION_ACCOUNTS = f"{__name__}.Register"

    def test_say_whose_a_number_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user, other = has(ALICE), has(BOB)
        monkeypatch.setattr(Register, "owner", user)
        assert told()[:2] == [
            f"Linked already: user {user.pk} +86138****8000",
            "Conflict, the number is linked to another user:"
            f" user {other.pk} +86139****9000",
        ]

    def test_can_refuse(self) -> None:
        user = has(ALICE)
        assert told(apply=True)[0] == (
            "Conflict, the number or the user was linked meanwhile:"
            f" user {user.pk} +86138****8000"
        )


class TestCost:
    def test_a_batch_is_examined_by_two_statements(
        self, django_assert_num_queries: Any
    ) -> None:
        for n in range(10):
            has(f"+861380013{n:04d}")
        # Read twice, each time with an empty batch at the end.
        with django_assert_num_queries(4 + 2):
            told()

    def test_each_number_that_has_a_row_costs_one_more(
        self, django_assert_num_queries: Any
    ) -> None:
        for n in range(10):
            has(f"+861380013{n:04d}")
        told(apply=True)
        with django_assert_num_queries(4 + 2 + 10):
            assert told()[-2:] == ["Linked already: 10", NOTHING]

    def test_a_batch_may_be_of_one(self) -> None:
        has(ALICE)
        has(BOB)
        options = ["--field=profile__phone", "--verified=profile__phone_verified"]
        out = StringIO()
        call_command("sms_link_numbers", *options, "--batch-size", "1", stdout=out)
        assert "To be linked: 2" in out.getvalue()

    def test_a_batch_of_nothing_is_refused(self) -> None:
        options = ["--field", "email", "--verified", "is_active"]
        with pytest.raises(CommandError, match="--batch-size: not above 0"):
            call_command("sms_link_numbers", *options, "--batch-size", "0")

    @pytest.mark.django_db(transaction=True)
    def test_each_link_is_a_transaction_of_its_own(self) -> None:
        has(ALICE)
        two = has(BOB)

        def fail(execute: Any, sql: str, parameters: Any, *rest: Any) -> Any:
            if sql.startswith("UPDATE") and two.pk in parameters:
                raise OperationalError
            return execute(sql, parameters, *rest)

        with connection.execute_wrapper(fail), pytest.raises(OperationalError):
            told(apply=True)
        assert links().keys() == {ALICE}
