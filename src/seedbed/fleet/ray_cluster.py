"""What a fleet does with a Ray cluster: one detached, named actor for each slot, in a namespace of the fleet's name.

Only the process `fleet.ray_driver` calls this. Ray ends its caller when its head is lost, and some of its calls know no
deadline: both are that process's fate and not the fleet's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import ray
from ray.exceptions import AuthenticationError, RayError
from ray.util.placement_group import (
    get_placement_group,
    placement_group,
    remove_placement_group,
)
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from seedbed.core.deployment import Deployment
from seedbed.core.errors import NotReady
from seedbed.core.fleet_sizing import PoolSpec
from seedbed.fleet.backend import Placed
from seedbed.fleet.ray_actor import STOP_WITHIN_S, Task, WorkerActor
from seedbed.fleet.ray_slots import WHERE_GUARDED
from seedbed.settings import Settings
from seedbed.store.workers import Place

ANSWER_S = 1.0  # an actor that has a place answers in milliseconds
AGAIN_AFTER_S = 30.0  # before a slot whose actor could not even be made is tried again


def join(address: str, *, fleet: str) -> None:
    """Connect this process to the cluster. Raises NotReady if there is none, or one of another version."""
    try:
        ray.init(address=address, namespace=fleet, log_to_driver=False, configure_logging=False)
    except ConnectionError as exc:
        raise NotReady(
            f"No Ray cluster answers at '{address}'. Start one with `ray start --head`, or name its HOST:PORT with "
            f"--address. {WHERE_GUARDED}"
        ) from exc
    except AuthenticationError as exc:
        raise NotReady(f"The Ray cluster at '{address}' let us not in: {exc.message}. {WHERE_GUARDED}") from exc
    except RuntimeError as exc:
        raise NotReady(f"The Ray cluster at '{address}' cannot be used: {_first_lines(exc)}") from exc
    except (RayError, OSError, ValueError) as exc:
        raise NotReady(f"The Ray cluster at '{address}' cannot be joined: {_first_lines(exc)}") from exc


@dataclass(kw_only=True)
class Cluster:
    """The slots of a fleet in the cluster that this process has joined."""

    fleet: str
    settings: Settings
    deployment: Deployment
    _asked: dict[str, Any] = field(default_factory=dict, init=False)  # by slot, a question to its actor
    _failed: dict[str, tuple[float, str]] = field(default_factory=dict, init=False)  # until when, and why

    @property
    def has_token(self) -> bool:
        """Whether this process shows the cluster a token. That it is let in without says that nobody needs one."""
        return os.environ.get("RAY_AUTH_MODE", "").lower() == "token"  # Ray sets it where it finds a token by itself

    def placed(self) -> list[Placed]:
        """Return the slots that have an actor, or could not get one a moment ago."""
        slots = sorted(ray.util.list_named_actors())
        for slot in slots:
            if slot not in self._asked:
                self._asked[slot] = ray.get_actor(slot).trouble.remote()
        if self._asked:
            ray.wait(list(self._asked.values()), num_returns=len(self._asked), timeout=ANSWER_S)
        told = {slot: self._placed(slot) for slot in list(self._asked)}
        now_s = time.monotonic()
        self._failed = {slot: failed for slot, failed in self._failed.items() if failed[0] > now_s}
        gone = {slot: words for slot, (_, words) in self._failed.items() if slot not in slots}
        return [told[slot] for slot in slots] + [Placed(slot, _pool_of(slot), words) for slot, words in gone.items()]

    def start(self, slot: str, pool: PoolSpec) -> None:
        """Make the slot's actor, or take the one that is there."""
        engine = self.deployment.engines[pool.engine]
        key = engine.key_env
        task = Task(
            settings=self.settings,
            engine=engine,
            place=Place(fleet=self.fleet, slot=slot),
            keys={key: os.environ[key]} if key and key in os.environ else {},
            release=version("seedbed"),
        )
        options: dict[str, Any] = {
            "name": slot,
            "lifetime": "detached",
            "get_if_exists": True,
            "max_restarts": -1,
            "max_task_retries": 0,
            "num_gpus": pool.gpus,
            "num_cpus": pool.cpus,
            "resources": pool.resources,
        }
        if pool.gpus > 1:
            options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(_gang(slot, pool), 0)
        ray.remote(WorkerActor).options(**options).remote(task)

    def stop(self, slot: str) -> None:
        """End the slot's actor for good, its worker in good order if it has one."""
        self._asked.pop(slot, None)
        self._failed.pop(slot, None)
        try:
            actor = ray.get_actor(slot)
        except ValueError:
            return  # it is gone
        try:
            ray.get(actor.trouble.remote(), timeout=ANSWER_S)
            ray.get(actor.stop.remote(), timeout=STOP_WITHIN_S + ANSWER_S)
        except (RayError, TimeoutError):
            pass  # it has no place yet, or has died: nothing of it is worth waiting for
        ray.kill(actor, no_restart=True)
        _ungang(slot)

    def well(self, slot: str) -> None:
        """Tell the slot's actor that its worker is at work. Waits for no answer."""
        try:
            ray.get_actor(slot).well.remote()
        except ValueError:
            return  # it is gone

    def _placed(self, slot: str) -> Placed:
        asked, pool = self._asked[slot], _pool_of(slot)
        done, _ = ray.wait([asked], timeout=0)
        if not done:
            return Placed(slot, pool, self._pending(pool), is_waiting=True)
        del self._asked[slot]
        try:
            return Placed(slot, pool, ray.get(asked))
        except RayError as exc:
            words = f"Ray could not run it: {_first_lines(exc)}"
            self._failed[slot] = (time.monotonic() + AGAIN_AFTER_S, words)
            return Placed(slot, pool, words)

    def _pending(self, pool: str) -> str | None:
        """Say what an actor without a place waits for."""
        spec = self.deployment.pools.get(pool)
        if spec is None:
            return None
        needs = {"CPU": spec.cpus, "GPU": spec.gpus, **spec.resources}
        needs = {name: amount for name, amount in needs.items() if amount}
        wanted = ", ".join(f"{amount:g} {name}" for name, amount in needs.items())
        fits = [node for node in ray.nodes() if node["Alive"] and _holds(node["Resources"], needs)]
        if not fits:
            return (
                f"no node of the cluster can hold a worker ({wanted}); it waits until the autoscaler or you add one, "
                "or mend `gpus`, `cpus` or `resources` of the pool"
            )
        return f"waits for a node with {wanted} free, for its process to start, or for its node to answer"


def _holds(resources: Mapping[str, float], needs: Mapping[str, float]) -> bool:
    return all(resources.get(name, 0) >= amount for name, amount in needs.items())


def _gang(slot: str, pool: PoolSpec) -> Any:
    """Return the slot's reservation of several GPUs of one node, which outlasts a restart of its actor."""
    try:
        return get_placement_group(slot)
    except ValueError:
        bundle = {"GPU": pool.gpus, "CPU": pool.cpus, **pool.resources}
        bundle = {name: amount for name, amount in bundle.items() if amount}
        return placement_group([bundle], strategy="STRICT_PACK", name=slot, lifetime="detached")


def _ungang(slot: str) -> None:
    try:
        gang = get_placement_group(slot)
    except ValueError:
        return  # it had none
    remove_placement_group(gang)


def _pool_of(slot: str) -> str:
    return slot.rpartition("-")[0]


def _first_lines(exc: BaseException) -> str:
    """Return what Ray says without its traceback: the first line, and the last if that is another."""
    lines = [line.strip() for line in str(exc).splitlines() if line.strip()] or [type(exc).__name__]
    return " ... ".join(dict.fromkeys([*lines[:3], lines[-1]]))
