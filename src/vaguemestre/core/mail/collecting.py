"""How messages leave a mailbox: a few at a time, each few committed together before any of them is deleted over there."""

from collections.abc import Callable, Iterator, Sequence, Set

Collected = tuple[str, bytes]
"""A collected message: its unique identifier over there ("" when the server gives none), and its bytes."""

Keep = Callable[[Sequence[Collected]], Sequence[bool]]
"""Commits a few messages together; says of each one whether the mailbox may forget it."""

Known = Callable[[Sequence[str]], Set[str]]
"""Which of these identifiers were committed by an earlier session, whose deletions were not confirmed."""

MESSAGES_PER_KEEP = 16
BYTES_PER_KEEP = 4 * 1024 * 1024
"""How many messages are kept together, and up to how many bytes; a larger one is kept alone."""


def none_known(_: Sequence[str]) -> Set[str]:
    """For whoever remembers no earlier session."""
    return frozenset()


def in_keeps(sizes: Sequence[int]) -> Iterator[range]:
    """Which of the messages of these sizes (bytes) are kept together, in their order: every rank once."""
    start = held = 0
    for rank, size_bytes in enumerate(sizes):
        if rank > start and (rank - start == MESSAGES_PER_KEEP or held + size_bytes > BYTES_PER_KEEP):
            yield range(start, rank)
            start, held = rank, 0
        held += size_bytes
    if start < len(sizes):
        yield range(start, len(sizes))
