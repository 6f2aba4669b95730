"""Puts every fact to the test, in the order of what it costs, and never past the budget.

Free questions come first. Then what must be refused, where a wrong server might charge; then the documents' own orders;
then the other bodies that must be taken, each cancelled at once. Before each of the last three, whoever asks is told
the estimate and may say no. Whatever a server has taken that it should have refused is cancelled, too.

No request names a webhook, and media lie on addresses that are reserved and nobody's: no third party learns of an
address of ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from seedbed.cli.contract.answers import Answer, Server
from seedbed.cli.contract.facts import (
    FREE,
    GENERATIONS,
    GUARDED,
    LIFE,
    ORDERS,
    PICTURE_LIFE,
    THE_ORDER,
    THE_PICTURE_ORDER,
    UNASKED,
    Caller,
    Fact,
    Moment,
    Order,
    Question,
    Step,
    price,
)
from seedbed.cli.contract.judging import is_cancelled, is_created

FINAL = ("succeeded", "failed", "cancelled")
_POLL_S = 2.0


class Verdict(StrEnum):
    KEPT = "kept"
    BROKEN = "broken"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Finding:
    fact: Fact
    verdict: Verdict
    seen: str = ""


@dataclass(slots=True)
class Purse:
    """What may be spent. A charge counts whole, whatever is given back later."""

    max_credits: int
    confirm: Callable[[str, int], bool]  # what comes next, and what it may cost
    spent_credits: int = 0

    def allows(self, estimate_credits: int) -> bool:
        return self.spent_credits + estimate_credits <= self.max_credits

    def why_not(self, estimate_credits: int) -> str:
        left_credits = self.max_credits - self.spent_credits
        return f"may cost {estimate_credits} credits; {max(0, left_credits)} are left of --max-credits"


@dataclass(slots=True)
class Asking:
    """One round of questions to one server."""

    server: Server
    key: str
    purse: Purse
    deadline_s: float = 900.0  # for the one generation that is waited for
    unknown_key: str = field(default_factory=lambda: "sd2_live_" + secrets.token_hex(18))

    def findings(self) -> Iterator[Finding]:
        """Yield what was found of each fact, as soon as it is known."""
        for question in FREE:
            yield self._settle(question)
        yield from self._guarded()
        yield from self._story(LIFE, "the documents' text to video", price(THE_ORDER), self._live)
        yield from self._story(PICTURE_LIFE, "the documents' image to video", price(THE_PICTURE_ORDER), self._cancelled)
        yield from self._orders()
        for fact in UNASKED:
            yield Finding(fact, Verdict.NOT_ASKED, "needs more than requests")

    def _settle(self, question: Question) -> Finding:
        keys = {Caller.OWNER: self.key, Caller.NOBODY: None, Caller.MALFORMED: "x", Caller.UNKNOWN: self.unknown_key}
        answer = self.server.ask(question.method, question.path, key=keys[question.caller], body=question.body)
        if question.path == GENERATIONS:
            self._undo(answer)
        return self._finding(question.fact, question.judge(answer))

    def _guarded(self) -> Iterator[Finding]:
        affordable = [question for question in GUARDED if self.purse.allows(question.risk_credits)]
        risk_credits = max((question.risk_credits for question in affordable), default=0)
        title = f"{len(affordable)} requests that must be refused, if the server is wrong"
        said_yes = bool(affordable) and self.purse.confirm(title, risk_credits)
        for question in GUARDED:
            if question not in affordable or not self.purse.allows(question.risk_credits):
                yield Finding(question.fact, Verdict.NOT_ASKED, self.purse.why_not(question.risk_credits))
            elif not said_yes:
                yield Finding(question.fact, Verdict.NOT_ASKED, "not confirmed")
            else:
                yield self._settle(question)

    def _story(
        self, steps: tuple[Step, ...], title: str, cost_credits: int, live: Callable[[], dict[Moment, Answer]]
    ) -> Iterator[Finding]:
        why_not = self._why_not(title, cost_credits)
        answers = {} if why_not else live()
        for step in steps:
            if why_not:
                yield Finding(step.fact, Verdict.NOT_ASKED, why_not)
            elif step.moment in answers:
                yield self._finding(step.fact, step.judge(answers[step.moment]))
            else:
                yield Finding(step.fact, Verdict.BROKEN, "it never came so far")

    def _orders(self) -> Iterator[Finding]:
        affordable, total_credits = [], 0
        for order in sorted(ORDERS, key=lambda order: order.estimate_credits):
            if self.purse.allows(total_credits + order.estimate_credits):
                affordable.append(order)
                total_credits += order.estimate_credits
        title = f"{len(affordable)} generations that are cancelled at once"
        said_yes = bool(affordable) and self.purse.confirm(title, total_credits)
        for order in ORDERS:
            if order not in affordable or not self.purse.allows(order.estimate_credits):
                yield Finding(order.fact, Verdict.NOT_ASKED, self.purse.why_not(order.estimate_credits))
            elif not said_yes:
                yield Finding(order.fact, Verdict.NOT_ASKED, "not confirmed")
            else:
                yield self._placed(order)

    def _why_not(self, title: str, cost_credits: int) -> str:
        if not self.purse.allows(cost_credits):
            return self.purse.why_not(cost_credits)
        return "" if self.purse.confirm(title, cost_credits) else "not confirmed"

    def _placed(self, order: Order) -> Finding:
        created = self._create(dict(order.body), order.estimate_credits)
        trouble = is_created(created)
        cancelled = self._cancel(created)
        return self._finding(order.fact, trouble or (is_cancelled(cancelled) if cancelled else None))

    def _live(self) -> dict[Moment, Answer]:
        """Order what the documents order, and watch it to its end."""
        created = self._create(THE_ORDER, price(THE_ORDER))
        answers = {Moment.CREATED: created}
        if not created.request_id:
            return answers
        path = f"{GENERATIONS}/{created.request_id}"
        shown = answers[Moment.FIRST_SHOWN] = self.server.ask("GET", path, key=self.key)
        waited_s = 0.0
        while shown.body.get("status") not in FINAL and waited_s < self.deadline_s:
            self.server.wait_s(_POLL_S)
            waited_s += _POLL_S
            shown = self.server.ask("GET", path, key=self.key)
        answers[Moment.ENDED] = shown
        output = shown.body.get("output")
        if isinstance(output, dict) and isinstance(output.get("url"), str):
            answers[Moment.RESULT] = self.server.first_bytes(output["url"])
        if shown.body.get("status") not in FINAL:
            self._cancel(created)
        return answers

    def _cancelled(self) -> dict[Moment, Answer]:
        created = self._create(THE_PICTURE_ORDER, price(THE_PICTURE_ORDER))
        cancelled = self._cancel(created)
        return {Moment.PICTURE_CREATED: created} | ({Moment.PICTURE_CANCELLED: cancelled} if cancelled else {})

    def _create(self, body: dict[str, object], estimate_credits: int) -> Answer:
        answer = self.server.ask("POST", GENERATIONS, key=self.key, body=body)
        # An answer that was lost may have cost what was expected.
        self.purse.spent_credits += estimate_credits if answer.trouble else answer.charged_credits
        return answer

    def _undo(self, answer: Answer) -> None:
        """Cancel what should not have been taken, and count what it cost."""
        self.purse.spent_credits += answer.charged_credits
        self._cancel(answer)

    def _cancel(self, created: Answer) -> Answer | None:
        if not created.request_id.replace("_", "").replace("-", "").isalnum():
            return None
        return self.server.ask("POST", f"{GENERATIONS}/{created.request_id}/cancel", key=self.key)

    def _finding(self, fact: Fact, trouble: str | None) -> Finding:
        verdict = Verdict.BROKEN if trouble else Verdict.KEPT
        return Finding(fact, verdict, (trouble or "").replace(self.key, "<key>"))
