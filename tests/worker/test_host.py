"""The engine host: whatever an engine does, its job gets a plain answer and the next job a sound engine."""

import asyncio
import os
import signal

import pytest
from workbench import CANVAS, engines, task, until

from seedbed.core.engine import Stage
from seedbed.core.errors import (
    ContentRejected,
    EngineCrashed,
    EngineFailed,
    EngineKilledForMemory,
    JobFailure,
    MediaInvalid,
    NotReady,
    StageOverran,
)
from seedbed.worker.engine_process import child_environment, judge_end
from seedbed.worker.host import EngineHost, EngineLimits


def nothing(_stage, _fraction):
    pass


async def reported(host: EngineHost, out, prompt="a quiet lake") -> asyncio.Task:
    """Begin a piece of work, and return once the engine has reported its rendering."""
    begun = asyncio.Event()
    work = asyncio.create_task(
        host.make(task(prompt), out, lambda stage, _fraction: stage is Stage.RENDERING and begun.set())
    )
    waiting = asyncio.create_task(begun.wait())
    async with asyncio.timeout(30):
        await asyncio.wait([work, waiting], return_when=asyncio.FIRST_COMPLETED)
    assert begun.is_set()
    return work


async def stop(work: asyncio.Task) -> None:
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(30):
            await work


async def test_a_video_comes_out_with_its_facts_and_reports(make_host, tmp_path):
    stages = []

    done = await make_host("Fast").make(task(), tmp_path / "out.mp4", lambda stage, _fraction: stages.append(stage))

    assert (done.size, done.frames, done.fps) == (CANVAS.size, CANVAS.frames, CANVAS.fps)
    assert done.size_bytes == (tmp_path / "out.mp4").stat().st_size
    assert (done.shot_plan, done.warnings) == ({"camera": "still"}, ("a warning",))
    assert list(dict.fromkeys(stages)) == [Stage.PREPARING, Stage.RENDERING, Stage.FINISHING]
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


async def test_the_engine_stays_warm_between_jobs(make_host, tmp_path):
    host = make_host("Fast")
    await host.warm()
    before = engines()

    await host.make(task(), tmp_path / "1.mp4", nothing)
    await host.make(task(), tmp_path / "2.mp4", nothing)

    assert engines() == before


async def test_what_the_engine_can_do_is_told(make_host):
    assert (await make_host("Fast").warm()).name == "fake"


async def test_a_cancelled_job_is_stopped_and_its_engine_kept(make_host, tmp_path):
    host = make_host("Endless", grace_s=20)
    work = await reported(host, tmp_path / "out.mp4")
    before = engines()

    await stop(work)

    assert engines() == before
    assert list(tmp_path.iterdir()) == []


async def test_an_engine_that_does_not_stop_is_killed_with_all_it_started_and_replaced(make_host, tmp_path):
    host = make_host("DeafOnce", grace_s=0.1)
    work = await reported(host, tmp_path / "out.mp4", prompt="deaf")
    before = engines()

    await stop(work)
    done = await host.make(task(), tmp_path / "next.mp4", nothing)

    assert done.frames == CANVAS.frames
    assert not engines() & before


async def test_the_replacement_starts_without_waiting_for_the_next_job(make_host, tmp_path):
    host = make_host("Exits")
    with pytest.raises(EngineFailed):
        await host.make(task(), tmp_path / "out.mp4", nothing)

    await until(engines)


@pytest.mark.parametrize(
    ("engine", "failure", "words"),
    [
        ("Killed", EngineCrashed, "SIGKILL"),
        ("Exits", EngineCrashed, "exit code 3"),
        ("Raises", EngineCrashed, "exit code 1"),
        ("Rejects", ContentRejected, "not allowed"),
        ("Picky", MediaInvalid, "cdn.example"),
        ("MakesNothing", EngineFailed, "cannot be read"),
    ],
)
async def test_a_failure_keeps_its_name_and_tells_no_paths(make_host, tmp_path, engine, failure, words):
    with pytest.raises(JobFailure, match=words) as caught:
        await make_host(engine).make(task(), tmp_path / "out.mp4", nothing)

    assert type(caught.value) is failure
    assert "/" not in str(caught.value)
    assert not (tmp_path / "out.mp4").exists()


async def test_memory_beyond_the_limit_is_named_as_such(make_host, tmp_path):
    host = make_host("Hungry", memory_bytes=4 * 1024**3)

    with pytest.raises(EngineKilledForMemory):
        await host.make(task(), tmp_path / "out.mp4", nothing)


async def test_silence_ends_the_attempt(make_host, tmp_path):
    with pytest.raises(EngineCrashed, match="no sign of life"):
        await make_host("Deaf", silence_s=1).make(task(), tmp_path / "out.mp4", nothing)


async def test_the_time_limit_ends_the_attempt_and_keeps_an_engine_that_hears(make_host, tmp_path):
    host = make_host("EndlessOnce", time_limit_s=0.5, grace_s=20)
    await host.warm()
    before = engines()

    with pytest.raises(StageOverran, match=r"'rendering' took longer than 0\.5 s") as caught:
        await host.make(task(), tmp_path / "out.mp4", nothing)

    assert (caught.value.stage, caught.value.code, caught.value.costs_child) == ("rendering", "engine_failed", False)
    assert (await host.make(task("next"), tmp_path / "next.mp4", nothing)).frames == CANVAS.frames
    assert engines() == before


async def test_making_the_file_what_was_promised_has_a_limit_of_its_own(make_host, tmp_path):
    host = make_host("NeverFinishes", time_limit_s=20, finish_limit_s=0.5, grace_s=0.1)
    await host.warm()

    with pytest.raises(StageOverran, match=r"'finishing' took longer than 0\.5 s"):
        await host.make(task(), tmp_path / "out.mp4", nothing)


async def test_an_engine_that_was_replaced_is_another_process(make_host, tmp_path):
    host = make_host("Fast")
    await host.warm()
    before = engines()

    await host.replace()

    assert (await host.make(task(), tmp_path / "out.mp4", nothing)).frames == CANVAS.frames
    assert engines()
    assert not engines() & before


async def test_what_an_engine_prints_cannot_disturb_the_protocol(make_host, tmp_path):
    done = await make_host("Chatty").make(task(), tmp_path / "out.mp4", nothing)

    assert done.frames == CANVAS.frames


async def test_an_engine_that_cannot_be_loaded_says_why(make_host):
    with pytest.raises(NotReady, match="the weights are missing"):
        await make_host("Unloadable").warm()
    assert not engines()


async def test_an_unknown_engine_names_those_there_are():
    host = EngineHost("nonsense", EngineLimits())

    with pytest.raises(NotReady, match="animatic"):
        await host.warm()


async def test_a_child_that_died_while_idle_costs_no_job(make_host, tmp_path):
    host = make_host("Fast")
    await host.warm()
    [child] = engines()
    os.kill(child, signal.SIGKILL)
    await until(lambda: not host.is_warm)

    assert (await host.make(task(), tmp_path / "out.mp4", nothing)).frames == CANVAS.frames


async def test_closing_leaves_no_process(make_host):
    host = make_host("Fast")
    await host.warm()

    await host.close()

    assert not engines()


async def test_ctrl_c_and_sigterm_are_the_workers_business(make_host, tmp_path):
    host = make_host("Fast")
    await host.warm()
    [child] = engines()

    os.kill(child, signal.SIGINT)
    os.kill(child, signal.SIGTERM)

    assert (await host.make(task(), tmp_path / "out.mp4", nothing)).frames == CANVAS.frames
    assert engines() == {child}


async def test_the_child_sees_no_secrets_and_few_threads(make_host, tmp_path, monkeypatch):
    monkeypatch.setenv("SEEDBED_DATABASE_URL", "postgresql://u:p@h/d")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the bucket")

    done = await make_host("TellsEnvironment").make(task(), tmp_path / "out.mp4", nothing)

    assert not {"SEEDBED_DATABASE_URL", "AWS_SECRET_ACCESS_KEY"} & {*done.shot_plan["names"]}
    assert done.shot_plan["omp"] == "1"


def test_an_operators_own_thread_count_is_kept():
    kept = child_environment({"OMP_NUM_THREADS": "7", "PGPASSWORD": "x", "HOME": "h"}, threads=2)

    assert kept["OMP_NUM_THREADS"] == "7"
    assert kept["OPENBLAS_NUM_THREADS"] == "2"
    assert "PGPASSWORD" not in kept


@pytest.mark.parametrize(
    ("returncode", "before", "after", "failure"),
    [
        (-signal.SIGKILL, 3, 4, EngineKilledForMemory),
        (-signal.SIGKILL, 3, 3, EngineCrashed),
        (-signal.SIGKILL, None, None, EngineKilledForMemory),
        (-signal.SIGSEGV, 3, 4, EngineCrashed),
        (112, 0, 0, EngineKilledForMemory),
        (1, 0, 1, EngineCrashed),
    ],
)
def test_a_kill_by_the_kernel_is_told_from_other_ends(returncode, before, after, failure):
    assert type(judge_end(returncode, oom_kills_before=before, oom_kills_after=after)) is failure
