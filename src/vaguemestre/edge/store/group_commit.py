"""Committing together what arrives together: one thread, one transaction, one sync to disk for many promises.

Generic machinery: what an item is and how a batch becomes durable belongs to the caller.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")


class GroupCommitter(Generic[Item]):
    """Batches items for `commit(items)`, which returns once all of them are durable, or raises having kept none.

    When a batch of several raises, its items are tried one by one, so that one bad item never takes the others with it.
    """

    def __init__(
        self, commit: Callable[[Sequence[Item]], None], *, batch_max: int = 64, name: str = "group-commit"
    ) -> None:
        self._commit = commit
        self._batch_max = batch_max
        self._waiting: queue.SimpleQueue[tuple[Item, Future[None]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> Future[None]:
        """Queue one item; the future ends when it is durable, or with the exception that `commit` raised for it."""
        future: Future[None] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the committer is closed")
            self._waiting.put((item, future))
        return future

    def close(self) -> None:
        """Commit what is queued, then end the thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        last = False
        while not last:
            batch, last = self._next_batch()
            if batch:
                self._commit_batch(batch)

    def _next_batch(self) -> tuple[list[tuple[Item, Future[None]]], bool]:
        """At least one entry, and whatever has come meanwhile; True when the committer was closed."""
        batch: list[tuple[Item, Future[None]]] = []
        entry = self._waiting.get()
        while entry is not None:
            batch.append(entry)
            if len(batch) >= self._batch_max:
                return batch, False
            try:
                entry = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit_batch(self, batch: list[tuple[Item, Future[None]]]) -> None:
        try:
            self._commit([item for item, _ in batch])
        except BaseException as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for entry in batch:
                self._commit_batch([entry])
            return
        for _, future in batch:
            future.set_result(None)
