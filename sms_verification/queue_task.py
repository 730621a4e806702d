"""The task that a worker runs. Imported with a queue alone.

Not called ``tasks``: Celery, Huey and others import that of every app, also of a host
that has no framework of Django's tasks.
"""

from __future__ import annotations

from uuid import UUID

from sms_verification import dispatch, queues


@queues.framework().task(**queues.place())  # type: ignore[untyped-decorator]
def deliver(delivery_id: str) -> None:
    """Send one SMS. Its id is all that the queue is told."""
    dispatch.by_worker(UUID(delivery_id))


def enqueue(delivery_id: UUID) -> None:
    """Leave a committed delivery to a worker."""
    # By the settings as they are now: the task was made by those of the import.
    deliver.using(**queues.place()).enqueue(delivery_id.hex)
