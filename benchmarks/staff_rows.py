"""Half a year of a site's attempts, by the database itself, oldest first as they come.

Of the numbers one in three is a user's, and 200 have hundreds of attempts. Unknown
outcomes, blocks and locks are rare, as they are.
"""

from __future__ import annotations

from django.db import connection

# A time-ordered UUID of the moment ``at``.
_UUID7 = """
(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
 || '7' || substr(md5(random()::text), 1, 3)
 || '8' || substr(md5(random()::text), 1, 15))::uuid
"""

FILL = f"""
SELECT setseed(0.5);

INSERT INTO auth_user (id, username, password, is_superuser, is_staff, is_active,
    first_name, last_name, email, date_joined)
SELECT n, 'user' || n, '', false, false, true, '', '', '', now()
FROM generate_series(1, %(numbers)s / 3) n;
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), %(numbers)s);

INSERT INTO sms_verification_phonenumber (id, number, user_id, verified_at, sent_at,
    sends, active_at, failed_checks, locked_until, blocked_until, block_reason)
SELECT n, '+86138' || lpad(n::text, 8, '0'),
    CASE WHEN n %% 3 = 0 THEN n / 3 END, CASE WHEN n %% 3 = 0 THEN now() END,
    '[]', 1, now() - random() * interval '180 days', n %% 4,
    CASE WHEN n %% 6000 = 1 THEN now() + interval '5 hours' END,
    CASE WHEN n %% 1500 = 2 THEN now() + interval '9 days' END,
    CASE WHEN n %% 1500 = 2 THEN 'A complaint.' ELSE '' END
FROM generate_series(1, %(numbers)s) n;

CREATE TEMPORARY TABLE attempt AS
SELECT n, now() - interval '180 days' * (1 - n::float / %(attempts)s) AS at,
    random() AS fate,
    CASE WHEN random() < 0.06 THEN 1 + floor(random() * 200)
         ELSE 1 + floor(random() * %(numbers)s) END AS number
FROM generate_series(1, %(attempts)s) n;

INSERT INTO sms_verification_verification (id, phone_number_id, purpose, salt, key_id,
    code_length, created_at, expires_at, checks_left, failed_at, approved_at, used_at,
    address, user_agent, language)
SELECT {_UUID7}, number,
    (ARRAY['login', 'login', 'login', 'register', 'reset_password', 'change_phone'])
        [1 + n %% 6],
    decode(md5(n::text), 'hex'), 'key', 6, at, at + interval '5 minutes',
    CASE WHEN fate > 0.97 THEN 0 ELSE 5 END,
    CASE WHEN fate > 0.97 THEN jsonb_build_array(extract(epoch FROM at) + 40)
         ELSE '[]' END,
    CASE WHEN fate < 0.80 THEN at + interval '30 seconds' END,
    CASE WHEN fate < 0.77 THEN at + interval '31 seconds' END,
    '203.0.113.9', 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Mobile', 'en'
FROM attempt ORDER BY n;

INSERT INTO sms_verification_delivery (id, verification_id, provider, outcome,
    message_id, vendor_code, reason, requested_at, duration, parts, receipt,
    receipt_code, received_at)
SELECT {_UUID7}, verification, CASE WHEN fate > 0.95 THEN 'backup' ELSE 'default' END,
    CASE WHEN fate > 0.999 THEN 'unknown' WHEN fate > 0.97 THEN 'rejected'
         WHEN fate > 0.95 THEN 'withheld' ELSE 'accepted' END,
    'id' || fate, CASE WHEN fate > 0.97 THEN 'isv.OUT' ELSE '' END,
    CASE WHEN fate > 0.97 THEN 'balance' ELSE '' END,
    at, interval '0.2 seconds', 1, 'delivered', '', at + interval '3 seconds'
FROM (
    SELECT id AS verification, random() AS fate,
        created_at + another * interval '70 seconds' AS at
    FROM sms_verification_verification v,
        generate_series(0, CASE WHEN get_byte(salt, 0) < 26 THEN 1 ELSE 0 END) another
    ORDER BY created_at
) sent;

INSERT INTO django_admin_log (action_time, object_id, object_repr, action_flag,
    change_message, content_type_id, user_id)
SELECT now() - random() * interval '180 days', (1 + n %% 1000)::text, 'masked', 2,
    'Blocked: a complaint.',
    (SELECT id FROM django_content_type
     WHERE app_label = 'sms_verification' AND model = 'phonenumber'), 1
FROM generate_series(1, 5000) n;
"""


def fill(attempts: int, numbers: int) -> None:
    with connection.cursor() as cursor:
        for statement in FILL.split(";\n"):
            if statement.strip():
                cursor.execute(statement, {"attempts": attempts, "numbers": numbers})
        cursor.execute("ANALYZE")
