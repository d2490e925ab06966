"""What tests of collecting share: a mailbox's owner who looks at one message at a time."""

from collections.abc import Callable, Sequence

from vaguemestre.core.mail.collecting import Collected, Keep


def each(handle: Callable[[str, bytes], bool]) -> Keep:
    """`handle(uid, raw)` for each message of those that are kept together: True commits it."""

    def keep(messages: Sequence[Collected]) -> list[bool]:
        return [handle(uid, raw) for uid, raw in messages]

    return keep


take_all: Keep = each(lambda uid, raw: True)
