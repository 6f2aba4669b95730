"""Sets up the logs: one event a line, named `noun.verbed`, with its facts as fields.

Lines are JSON, or coloured text on a terminal. Prompts, keys and bodies are never given to a logger; as a second fence,
what looks like a secret is masked in whatever is written, also in tracebacks and in other libraries' lines.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "***"
_SECRET_NAMES = re.compile(r"secret|password|passwd|token|authorization|cookie|api_key|credential", re.IGNORECASE)
_SECRET_TEXTS = re.compile(r"(sd2_(?:live|test)_|whsec_|[Bb]earer )[\w+/=-]+")
_URL_PASSWORDS = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")
_DATA_FAULTS = "22"  # SQLSTATE of values that cannot be read; the message itself repeats them
_NAMED_PASSWORDS = re.compile(r"(password\s*=\s*)[^\s&]+", re.IGNORECASE)


def start_logging(level: str = "info", *, as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Send every log line from here on to the stream (the standard error). Other libraries speak from warning up.

    `level` is debug, info, warning or error. Without `as_json`, a terminal gets text and anything else JSON.
    """
    out = stream or sys.stderr
    is_json = not out.isatty() if as_json is None else as_json
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=_ours,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(out)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_shared(), processors=_rendering(is_json=is_json))
    )
    logging.basicConfig(handlers=[lines], level=max(least, logging.WARNING), force=True)
    logging.getLogger("seedbed").setLevel(least)


def mask_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A processor: hide what has a secret's name or a secret's looks."""
    return {name: MASK if _SECRET_NAMES.search(name) else _masked(value) for name, value in event.items()}


def without_rows(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A processor: cut what PostgreSQL says of a refused row or value, which is what somebody wrote.

    The fault keeps its SQLSTATE and the names of table, column and constraint; for good, also for whoever logs it next.
    """
    fault, seen = _fault_of(event.get("exc_info")), set[int]()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        said = getattr(fault, "diag", None)
        if said is not None and getattr(said, "sqlstate", None):
            primary = None if said.sqlstate.startswith(_DATA_FAULTS) else said.message_primary
            facts = (said.sqlstate, said.table_name, said.column_name, said.constraint_name, primary)
            fault.args = (" ".join(fact for fact in facts if fact),)
        fault = fault.__cause__ or fault.__context__
    return event


def _fault_of(exc_info: Any) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as fault, _):
            return fault
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def _ours(*_names: Any) -> logging.Logger:
    return logging.getLogger("seedbed")


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(*, is_json: bool) -> list[Processor]:
    last: Processor = (
        structlog.processors.JSONRenderer() if is_json else structlog.dev.ConsoleRenderer(exception_formatter=_as_text)
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        without_rows,
        structlog.processors.format_exc_info,
        mask_secrets,
        last,
    ]


def _as_text(out: TextIO, trace: Any) -> None:
    out.write(str(trace))


def _masked(value: Any) -> Any:
    match value:
        case str():
            value = _SECRET_TEXTS.sub(rf"\1{MASK}", value)
            return _NAMED_PASSWORDS.sub(rf"\1{MASK}", _URL_PASSWORDS.sub(rf"\1:{MASK}@", value))
        case Mapping():
            return mask_secrets(None, "", dict(value))
        case list() | tuple():
            return [_masked(part) for part in value]
        case _:
            return value
