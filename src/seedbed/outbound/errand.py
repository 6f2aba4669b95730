"""Has another service make one video, and never twice: the order is remembered before it is sent and as it is answered.

Everything that can happen between the two leads to one of three ends. The order is known to the server, and is followed
to its end, over any number of attempts. The server surely never took it, so it may be sent again. Or neither can be
found out: then the job fails, its charge goes back, and nothing is sent again (`UpstreamUnresolved`). Only where an
order costs nothing is another one placed instead, once: the worst is a video that nobody fetches.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from seedbed.core.engine import Report, Stage, Stop
from seedbed.core.errors import JobFailure, UpstreamFailed, UpstreamRefused, UpstreamTimeout, UpstreamUnresolved
from seedbed.core.remote_order import MAX_ORDERS, OrderState, RemoteOrder, next_order, remembered_order
from seedbed.outbound.exchange import Doubt, Exchange, News, Open, Receipt, Refused, Taken
from seedbed.outbound.results import Result, collect
from seedbed.outbound.upstream import Beat, Holding, Unanswered, Upstream, pause

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 15.0
HOLD_S = 3.0  # so long a Stop waits for the answer to an order
MOVED_S = 0.1  # after one change the next may be near
MAX_POLL_S = 30.0  # whatever a server would have us wait
GONE_LOOKS = 3  # a server may not show at once what it has just taken
OUTAGE_PATIENCES = 5  # an order that is under way is worth more patience than one that is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`order_s`: for an order to be taken. `settle_s`: for a lost one to show. `limit_s`: for the video, from then.

    A later attempt goes on with the same limit, unless the order was left running there beyond it.
    """

    order_s: float = 120.0
    settle_s: float = 30.0
    poll_s: float = 2.0
    limit_s: float = 3600.0


class Errand:
    """One job's order, from the memory of it to its result. Used by one thread.

    As a context it withdraws the order when a Stop for good leaves it.
    """

    def __init__(
        self,
        exchange: Exchange,
        report: Report,
        memory: dict[str, Any] | None,
        *,
        patience: Patience,
        may_reorder: bool = False,
    ) -> None:
        """`may_reorder`: an order costs nothing there. Raises UpstreamUnresolved for an unreadable memory."""
        self._exchange = exchange
        self._may_reorder = may_reorder and not exchange.repeats
        self._report = report
        self._patience = patience
        self._stage, self._fraction = Stage.PREPARING, 0.0
        self._news = News()
        self._wait_s = patience.poll_s
        if may_reorder and memory and memory.get("server") != exchange.server:
            memory = None  # an order at another server of the pool is left to itself
        self.order = remembered_order(memory, server=exchange.server)
        self._may_be_out = self.order is not None and self.order.state is OrderState.SENDING

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(exc, Stop) and exc.is_for_good:
            self.withdraw()

    def beat(self) -> None:
        """Raises Stop."""
        self._report(self._stage, self._fraction)

    def run(self, **notes: Any) -> News:
        """Place the order unless that is done, and return its good end. `notes` are kept with a new one.

        Raises JobFailure, Stop.
        """
        last = self.order
        left_s = self._left_s()
        if last is None or last.state is OrderState.ENDED:
            new = next_order(last, server=self._exchange.server, at_unix_s=int(time.time()))
            self._keep(new.noting(**notes))
            self._place(Doubt.NONE)
        elif last.state is OrderState.SENDING:
            self._may_be_out = True
            self._place(Doubt.FULL)
        return self._follow(left_s)

    def look_again(self) -> News:
        """Ask once more after an order that has ended well. Raises JobFailure, Stop."""
        return self._ask(until_s=time.monotonic() + self._patience.order_s)

    def fetch(self, news: News, upstream: Upstream, out: Path, *, limit_bytes: int, patience_s: float = 0.0) -> None:
        """Bring the video of a good end to `out`, as `results.collect` does. Raises JobFailure, Stop."""
        assert news.result is not None

        def again() -> Result:
            found = self.look_again().result
            if found is None:
                raise UpstreamFailed("The remote engine no longer has the video that it made.")
            return found

        collect(upstream, news.result, out, again=again, beat=self.beat, limit_bytes=limit_bytes, patience_s=patience_s)

    def note(self, **notes: Any) -> None:
        """Keep something more with the order. Raises Stop."""
        assert self.order is not None
        self._keep(self.order.noting(**notes))

    def withdraw(self) -> None:
        """Cancel at the server what nobody wants any more, as well as can be done in a few seconds. Raises nothing."""
        with suppress(Unanswered, JobFailure):
            hurried = self._exchange.hurried()
            order_id = self._id_by_all_means(hurried)
            if order_id and self._news.is_stoppable:
                hurried.cancel(order_id, beat=_nobody_listens)

    def _left_s(self) -> float:
        """Return how long the video may still take, for an attempt that begins now."""
        order = self.order
        is_gone_on_with = order is not None and order.state is OrderState.SENT and "left_running" not in order.notes
        age_s = time.time() - order.since_unix_s if order and is_gone_on_with else 0.0
        return self._patience.limit_s - max(0.0, age_s)

    def _id_by_all_means(self, hurried: Exchange) -> str | None:
        order = self.order
        if order is None or order.state is OrderState.ENDED:
            return None
        if order.id or not self._may_be_out:
            return order.id
        if not hurried.repeats:
            return hurried.seek(order, beat=_nobody_listens)
        receipt = hurried.receipt(hurried.send(order, beat=_nobody_listens))
        return receipt.order_id if isinstance(receipt, Taken) else None

    def _keep(self, order: RemoteOrder) -> None:
        self.order = order  # first: a Stop may come instead of the word that it is kept
        self._report.remember(order.as_memory())

    def _place(self, doubt: Doubt) -> None:
        """Send the order until the server has it. `doubt`: whether it may have it already."""
        order = self.order
        assert order is not None
        until_s = time.monotonic() + self._patience.order_s
        wait_s = FIRST_WAIT_S
        reason = "its answer was lost"
        while True:
            if doubt is Doubt.FULL and self._may_reorder:
                order, doubt = self._anew(order, reason), Doubt.NONE
            elif doubt is not Doubt.NONE and not self._exchange.repeats:
                found = self._sought(order, doubt)
                if found:
                    return self._keep(order.taken(found))
            holding = _BriefHolding(self.beat)
            receipt = self._sent(order, holding)
            match receipt:
                case Taken(order_id):
                    self._keep(order.taken(order_id))
                    return holding.release()
                case Refused(failure):
                    self._refused(order, failure, doubt)
            holding.release()
            reason = receipt.reason
            doubt = max(doubt, receipt.doubt, key=_SERIOUSNESS.index)
            if doubt is Doubt.FULL and not (self._exchange.repeats or self._may_reorder):
                continue  # it is looked for, and never sent again
            pause_s = max(wait_s, receipt.retry_after_s or 0.0)
            if time.monotonic() + pause_s > until_s:
                return self._given_up(order, receipt, doubt)
            pause(pause_s, self.beat)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _anew(self, order: RemoteOrder, reason: str) -> RemoteOrder:
        """Have another order follow one of which nobody knows. Raises UpstreamRefused if there have been enough."""
        try:
            new = next_order(order, server=order.server, at_unix_s=int(time.time())).noting(**order.notes)
        except UpstreamRefused as exc:
            self._keep(order.ended())
            raise UpstreamRefused(f"{str(exc).rstrip('.')}: {reason}.") from exc
        self._keep(new)
        return new

    def _sent(self, order: RemoteOrder, beat: Beat) -> Receipt:
        self._may_be_out = True
        try:
            return self._exchange.receipt(self._exchange.send(order, beat=beat))
        except Unanswered as exc:
            return Open(Doubt.FULL if exc.was_sent else Doubt.NONE, str(exc))

    def _sought(self, order: RemoteOrder, doubt: Doubt) -> str | None:
        """Return the id of an order that may be there, looked for long enough for it to show.

        After slight doubt None says that it is not there. In full doubt nothing does: the server may yet receive it.
        """
        until_s = time.monotonic() + self._patience.settle_s
        wait_s = FIRST_WAIT_S
        while True:
            reason = ""
            try:
                if found := self._exchange.seek(order, beat=self.beat):
                    return found
            except (Unanswered, UpstreamFailed) as exc:
                reason = str(exc).rstrip(".")
            if time.monotonic() + wait_s > until_s:
                if doubt is Doubt.SLIGHT and not reason:
                    return None
                raise unresolved(reason or "it does not show the order")
            pause(wait_s, self.beat)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _refused(self, order: RemoteOrder, failure: JobFailure, doubt: Doubt) -> NoReturn:
        if doubt is Doubt.FULL:  # refused now, but taken, perhaps, before
            raise unresolved(str(failure).rstrip(".")) from failure
        self._keep(order.untaken())
        raise failure

    def _given_up(self, order: RemoteOrder, last: Open, doubt: Doubt) -> None:
        """Raise what it comes to that the order is not taken; return only if it turns out that it was."""
        if doubt is Doubt.FULL and not self._may_reorder:
            raise unresolved(last.reason)
        if doubt is Doubt.SLIGHT and (found := self._sought(order, doubt)):
            return self._keep(order.taken(found))
        self._keep(order.ended() if doubt is Doubt.FULL else order.untaken())
        raise UpstreamFailed(f"The remote engine does not take the order: {last.reason}.")

    def _follow(self, left_s: float) -> News:
        until_s = time.monotonic() + left_s
        # Even when the time is over, a moment's silence is no reason not to hear that the video is there.
        asking_until_s = max(until_s, time.monotonic() + min(self._patience.settle_s, self._patience.limit_s))
        while True:
            asked_s, before = time.monotonic(), self._news.status
            news = self._ask(until_s=asking_until_s)
            if news.result:
                return news
            if time.monotonic() > until_s:
                self._overdue()
            has_moved = news.status != before
            wait_s = MOVED_S if has_moved else self._wait_s - (time.monotonic() - asked_s)
            pause(max(MOVED_S, wait_s), self.beat)

    def _ask(self, *, until_s: float) -> News:
        """Return the news, once there are any. Raises what ended the order, if something has."""
        assert self.order is not None
        assert self.order.id is not None
        until_s = min(until_s, time.monotonic() + OUTAGE_PATIENCES * self._patience.order_s)
        gone = 0
        while True:
            self._wait_s = self._patience.poll_s
            try:
                reply = self._exchange.look(self.order.id, beat=self.beat)
                self._wait_s = min(max(self._wait_s, reply.retry_after_s or 0.0), MAX_POLL_S)
                news = self._exchange.news(reply.members()) if reply.is_ok else None
                if news:
                    break
                reason = f"it answers {reply.status}"
            except Unanswered as exc:
                reply, reason = None, str(exc)
            except UpstreamFailed as exc:  # a web page, as a server between us may give
                reply, reason = None, str(exc).rstrip(".")
            if reply and (failure := self._exchange.refusal(reply)):
                raise failure
            gone = gone + 1 if reply and self._exchange.is_gone(reply) else 0
            if gone >= GONE_LOOKS:
                self._ended(UpstreamFailed("The remote engine no longer knows the order that it took."))
            if time.monotonic() + self._wait_s > until_s:
                raise UpstreamTimeout(f"The remote engine took the order, but can no longer be asked: {reason}.")
            pause(self._wait_s, self.beat)
        return self._heard(news)

    def _heard(self, news: News) -> News:
        self._news = news
        if news.failure:
            self._ended(news.failure)
        if news.stage and news.stage is not self._stage:
            self._stage, self._fraction = news.stage, 0.0
        self._fraction = max(self._fraction, news.fraction or 0.0)
        self.beat()
        return news

    def _ended(self, failure: JobFailure) -> NoReturn:
        """The order came to nothing there. Another attempt may place one more, but not for ever."""
        assert self.order is not None
        self._keep(self.order.ended())
        if failure.is_retryable and self.order.number >= MAX_ORDERS:
            raise UpstreamRefused(f"{str(failure).rstrip('.')}, as it has {MAX_ORDERS} times.") from failure
        raise failure

    def _overdue(self) -> NoReturn:
        assert self.order is not None
        assert self.order.id is not None
        is_cancelled = False
        if self._news.is_stoppable:
            with suppress(Unanswered):
                is_cancelled = self._exchange.cancel(self.order.id, beat=self.beat)
        # One that cannot be cancelled goes on there, and may be billed: another attempt asks after it again.
        self._keep(self.order.ended() if is_cancelled else self.order.noting(left_running=True))
        raise UpstreamTimeout(f"The remote engine did not finish within {self._patience.limit_s:g} s.")


_SERIOUSNESS = [Doubt.NONE, Doubt.SLIGHT, Doubt.FULL]


def unresolved(reason: str) -> UpstreamUnresolved:
    """Return the end of a job whose order may exist. `reason` is the end of a sentence."""
    return UpstreamUnresolved(
        f"Whether the remote engine has this job's order cannot be found out, and it is not sent twice: {reason}."
    )


class _BriefHolding(Holding):
    """Holds a Stop back, but not for as long as a server may be silent: who stops us does not wait for ever, either."""

    def __init__(self, beat: Beat) -> None:
        super().__init__(beat)
        self._since_s: float | None = None

    def __call__(self) -> None:
        super().__call__()
        if self._stop is None:
            return
        self._since_s = self._since_s or time.monotonic()
        if time.monotonic() - self._since_s > HOLD_S:
            raise Unanswered("no answer came before the job was stopped", was_sent=True)


def _nobody_listens() -> None:
    """Beat for what is done after a Stop."""
