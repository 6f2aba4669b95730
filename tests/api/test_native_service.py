"""The rest of the service: models, credits, unknown paths, faults of our own, logs, and health."""

from __future__ import annotations

import subprocess
import sys

import pytest
import structlog
from customers import GENERATIONS, ROOT, order

from seedbed.core.errors import Unavailable
from seedbed.store import workers
from seedbed.store.workers import WorkerState


@pytest.fixture
def heartbeat(pool, no_workers):
    async def heartbeat(**capabilities):
        async with pool.connection() as conn:
            await workers.heartbeat(conn, "w1", ["default"], capabilities, None)

    return heartbeat


def test_the_api_never_loads_pixels():
    heavy = "{'av', 'cv2', 'numpy', 'PIL', 'torch', 'onnxruntime'} & set(sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys, seedbed.api.app; print({heavy})"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    assert loaded.stdout.strip() == "set()"


async def test_the_models_say_what_they_take_measure_and_cost(http, no_workers):
    models = {model["id"]: model for model in (await http.get(f"{ROOT}/models")).json()["data"]}

    assert list(models) == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]
    pro = models["seedance-1.5-pro"]
    assert list(pro) == ["id", "name", "description", "durations", "aspectRatios", "resolutions", "sizes", "modes",
        "references", "pricing", "engine"]  # fmt: skip
    assert pro["durations"] == [5, 10]
    assert pro["sizes"]["480p"] == {"16:9": "864x496", "9:16": "496x864", "1:1": "640x640"}
    assert models["seedance-2.0-fast"]["pricing"] == {
        "unit": "credits",
        "perSecond": {"480p": 3.2, "720p": 6.4, "1080p": 16.0},
        "mediaFactor": 1.6,
    }
    assert pro["references"]["image"] == {
        "formats": ["jpg", "jpeg", "png", "webp", "gif", "bmp"],
        "maxBytes": 30_000_000,
        "minSide": 300,
        "maxSide": 6000,
        "minRatio": 0.4,
        "maxRatio": 2.5,
    }
    assert pro["engine"] is None


async def test_the_models_name_the_engine_that_is_at_work(http, heartbeat):
    await heartbeat(name="animatic")

    assert {model["engine"] for model in (await http.get(f"{ROOT}/models")).json()["data"]} == {"animatic"}


async def test_credits_are_what_is_available_and_what_is_held(ada):
    await ada.new_job()

    answer = await ada.get(f"{ROOT}/credits")

    assert answer.text == '{"success":true,"available":960,"held":40,"livemode":true}'


async def test_the_webhook_secret_stays_the_same_and_is_each_accounts_own(ada, enrol):
    shown = (await ada.get(f"{ROOT}/webhooks/secret")).json()

    again = (await ada.get(f"{ROOT}/webhooks/secret")).json()
    bobs = (await (await enrol()).get(f"{ROOT}/webhooks/secret")).json()
    [secret] = shown["secrets"]
    assert secret.startswith("whsec_")
    assert again == shown
    assert bobs["secrets"] != shown["secrets"]


@pytest.mark.parametrize(
    "path", [ROOT, f"{ROOT}/", f"{ROOT}/nothing", f"{ROOT}/models/", f"{ROOT}/video", "/", "/api", "/healthz/", "/%00"]
)
async def test_an_unknown_path_is_not_found_in_the_native_envelope(http, path):
    answer = await http.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", GENERATIONS, "GET, HEAD, POST"),
        ("DELETE", f"{GENERATIONS}/req_1", "GET, HEAD"),
        ("GET", f"{GENERATIONS}/req_1/cancel", "POST"),
        ("POST", f"{ROOT}/models", "GET, HEAD"),
        ("PUT", f"{ROOT}/uploads", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(http, method, path, allowed):
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed
    options = await http.options(path)
    assert (options.status_code, options.headers["Allow"]) == (204, allowed)


async def test_head_is_get_without_a_body(ada):
    answer = await ada.http.head(f"{ROOT}/credits", headers=ada.bearer)

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 20


async def test_every_answer_has_an_id_of_its_own(http):
    ids = {(await http.get("/healthz", headers={"X-Request-Id": "mine"})).headers["X-Request-Id"] for _ in range(5)}

    assert len(ids) == 5
    assert "mine" not in ids


class Broken:
    """A pool whose connections fail in a way that nobody foresaw."""

    def connection(self):
        raise ZeroDivisionError("secret detail")


async def test_a_fault_of_ours_is_an_internal_error_that_tells_nothing(serve, ada):
    answer = await serve(pool=Broken()).get(f"{ROOT}/credits", headers=ada.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"]


async def test_a_database_that_is_down_is_unavailable(serve, ada, unused_tcp_port):
    from seedbed.store.database import connect_pool

    url = f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/none"
    pool = connect_pool(url, min_size=0, max_size=1, name="down")
    pool.timeout = 0.2
    async with pool:
        answer = await serve(pool=pool).get(f"{ROOT}/credits", headers=ada.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"]


async def test_one_line_a_request_without_prompt_key_or_body(ada):
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        answer = await ada.submit(prompt="A very private fox.", metadata={"secret": "hush"})
        await ada.get(f"{GENERATIONS}/nothing?token=hush")
        await ada.post(GENERATIONS, json=order(duration=99))

    created, missed, refused = lines
    assert created["event"] == "request.answered"
    assert created["request_id"] == answer.headers["X-Request-Id"]
    assert (created["status"], created["method"], created["account_id"]) == (200, "POST", ada.account_id)
    assert (created["job_id"], created["credits"]) == (answer.json()["requestId"], 40)
    assert (missed["status"], missed["error"]) == (404, "not_found")
    assert (refused["status"], refused["error"]) == (400, "invalid_request")
    for secret in ("fox", "hush", ada.key):
        assert secret not in str(lines)


async def test_the_process_is_alive_whatever_else_is_down(serve):
    answer = await serve(pool=None, blobs=None).get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_the_service_is_ready_when_all_its_parts_are(http, heartbeat):
    await heartbeat(name="animatic")

    answer = await http.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "parts": {"database": {"ok": True}, "blobs": {"ok": True}, "worker": {"ok": True}},
    }


async def test_the_service_is_not_ready_without_a_worker(http, no_workers):
    answer = await http.get("/readyz")

    parts = answer.json()["parts"]
    assert answer.status_code == 503
    assert (parts["database"]["ok"], parts["blobs"]["ok"], parts["worker"]["ok"]) == (True, True, False)
    assert "seedbed work" in parts["worker"]["message"]


async def test_orders_can_be_taken_without_a_worker(http, no_workers):
    answer = await http.get("/readyz/orders")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "parts": {"database": {"ok": True}, "blobs": {"ok": True}}}


async def test_the_service_is_not_ready_while_the_engine_of_every_worker_fails(http, pool, heartbeat):
    async def beat(name, state):
        async with pool.connection() as conn:
            await workers.heartbeat(conn, name, ["default"], {}, None, state=state, reason="a secret of the machine")

    await beat("w1", WorkerState.QUARANTINED)
    alone = await http.get("/readyz")
    await beat("w2", WorkerState.TESTING)
    together = await http.get("/readyz")

    assert (alone.status_code, together.status_code) == (503, 200)
    assert "self-test" in alone.json()["parts"]["worker"]["message"]
    assert "secret" not in alone.text


async def test_the_service_is_not_ready_without_its_bytes(serve, heartbeat):
    class Down:
        async def check(self):
            raise Unavailable("The store of results and uploads does not answer.")

    await heartbeat(name="animatic")

    for path in ("/readyz", "/readyz/orders"):
        answer = await serve(blobs=Down()).get(path)

        assert answer.status_code == 503
        assert [name for name, part in answer.json()["parts"].items() if not part["ok"]] == ["blobs"]
