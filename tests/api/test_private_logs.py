"""What users write, and what they hold secret, is in no log line at any level, not even when our own code breaks."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import psycopg
import pytest
import structlog
from customers import GENERATIONS, ROOT, Customer, order

from seedbed.api.app import create_app
from seedbed.cli.listening import HttpServer, listen
from seedbed.telemetry.logs import start_logging

PROMPT, META, MEDIA, HOOK, FILE, QUERY = (f"marker-{name}-7f3a" for name in ("p", "m", "u", "h", "f", "q"))
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
SECRET_BODY = {
    "prompt": PROMPT,
    "metadata": {META: META},
    "mediaUrls": [f"https://cdn.pictures.dev/{MEDIA}.jpg?sig={MEDIA}"],
    "webhookUrl": f"https://hooks.pictures.dev/x?token={HOOK}",
}


LISTENED_TO = ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "psycopg", "procrastinate", "python_multipart")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that any library logs, as the service writes it, at the most talkative level."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    start_logging("debug", as_json=True, stream=stream)
    for name in LISTENED_TO:  # not httpx: here that is the client
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name in ("seedbed", *LISTENED_TO):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


class Breaking:
    """A pool that works until it is told which fault to raise, as a bug of ours would."""

    def __init__(self, pool) -> None:
        self._pool = pool
        self.fault: BaseException | None = None
        self.after = 0

    @asynccontextmanager
    async def connection(self):
        async with self._pool.connection() as conn:
            self.after -= 1
            if self.fault and self.after < 0:
                raise self.fault
            yield conn


@pytest.fixture
async def served(pool, blobs, settings):
    """The service behind its real server, and its breakable pool."""
    breaking = Breaking(pool)
    app = create_app(pool=breaking, blobs=blobs, settings=replace(settings, max_body_bytes=20_000))
    with listen("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with HttpServer(app, listening).running(), httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client, breaking


@pytest.fixture
async def ada(served, enrol) -> Customer:
    return await enrol(client=served[0], available=100_000)


def markers(ada: Customer) -> list[str]:
    return [PROMPT, META, MEDIA, HOOK, FILE, QUERY, ada.key, ada.key[10:40], ada.key[-12:]]


async def test_good_and_refused_requests_leave_nothing_in_the_log(ada, log):
    answers = [
        await ada.submit(**SECRET_BODY),
        await ada.submit(**SECRET_BODY | {"prompt": 5, PROMPT: META}),
        await ada.submit(**SECRET_BODY | {"mediaUrls": [f"https://u:{MEDIA}@10.0.0.1/{MEDIA}?{MEDIA}"]}),
        await ada.submit(**SECRET_BODY | {"webhookUrl": f"http://169.254.169.254/?{HOOK}"}),
        await ada.submit(**SECRET_BODY | {"duration": 99}),
        await ada.submit(headers={"Idempotency-Key": QUERY + "\x7f"}),
        await ada.send_raw(f'{{"prompt":"{PROMPT}",'.encode()),
        await ada.send_raw(f'{{"{META}":1,"{META}":2}}'.encode()),
        await ada.send_raw(PROMPT.encode() * 5_000),
        await ada.send_raw(b"\xff" + PROMPT.encode(), content_type=PROMPT),
        await ada.post(f"{ROOT}/uploads?{QUERY}", files={"file": (f"{FILE}.jpg", PROMPT.encode(), FILE)}),
        await ada.post(f"{ROOT}/uploads", content=b"--x\r\n" + FILE.encode(), headers=FORM),
        await ada.get(f"{GENERATIONS}/req_1?wait={QUERY}&key={ada.key}"),
        await ada.http.get(f"{ROOT}/credits", headers={"Authorization": f"Basic {ada.key}"}),
        await ada.http.get(f"{ROOT}/credits", headers={"Authorization": f"Bearer {ada.key[:-1]}x"}),
        await ada.http.get(f"{ROOT}/{ada.key}"),
        await ada.http.get(f"/open-api-results/{ada.key}.mp4", headers={"Cookie": QUERY, "Referer": QUERY}),
    ]  # fmt: skip

    assert {answer.status_code for answer in answers} >= {200, 400, 401, 404, 413, 415}
    assert log.getvalue().count("request.answered") == len(answers) - 1  # one was no HTTP
    for marker in markers(ada):
        assert marker not in log.getvalue()


async def test_a_request_that_is_no_http_leaves_nothing_in_the_log(ada, log):
    port = ada.http.base_url.port
    for junk in (f"GET /{ada.key}\r\n{PROMPT}\r\n\r\n", f"{PROMPT} {ada.key} HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(junk.encode())
        assert b" 400 " in await reader.read()
        writer.close()

    assert "Invalid HTTP request" in log.getvalue()
    for marker in markers(ada):
        assert marker not in log.getvalue()


async def row_refused_by_the_database(pool) -> psycopg.Error:
    """A fault whose text holds the row that it speaks of."""
    async with pool.connection() as conn:
        try:
            await conn.execute(
                "insert into asset values (%s, 1, true, %s, 'x', 'x', -1, 'x', now(), now())", [f"ast_{PROMPT}", META]
            )
        except psycopg.IntegrityError as exc:
            return exc
    raise AssertionError("the row was taken")


@pytest.mark.parametrize("after", range(3))
async def test_our_own_crash_leaves_nothing_of_the_request_in_the_log(ada, served, pool, log, after):
    _, breaking = served
    row = await row_refused_by_the_database(pool)
    assert PROMPT in str(row)

    statuses = []
    for fault in (row, RuntimeError("a bug")):
        breaking.fault, breaking.after = fault, after
        statuses.append((await ada.submit(**SECRET_BODY)).status_code)
        breaking.after = after
        statuses.append((await ada.get(f"{GENERATIONS}/req_{'0' * 32}?{QUERY}")).status_code)
    breaking.fault = None

    assert 500 in statuses
    assert "request.crashed" in log.getvalue()
    assert "Traceback" in log.getvalue()
    for marker in markers(ada):
        assert marker not in log.getvalue()


async def test_a_crash_in_the_middle_of_a_submit_leaves_nothing_of_the_request_in_the_log(ada, log, monkeypatch):
    monkeypatch.setattr("seedbed.actions.submit._new_job", lambda *_, **__: PROMPT.no_such_thing)

    answer = await ada.submit(**SECRET_BODY)

    assert answer.status_code == 500
    assert "AttributeError" in log.getvalue()
    for marker in markers(ada):
        assert marker not in log.getvalue()


def test_the_markers_would_be_seen(log):
    logging.getLogger("uvicorn.error").debug("saw %s", PROMPT)
    structlog.get_logger().debug("saw", body=order(prompt=META))

    assert PROMPT in log.getvalue()
    assert META in log.getvalue()
