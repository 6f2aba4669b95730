"""A ComfyUI server on the loopback, written from the routes and messages that ComfyUI documents.

It keeps a queue and a history, runs one prompt at a time and tells over the WebSocket how far it is. What a test wants
of it stands in its attributes: `waits_at` stops a run at a node until `go` is set, `ends` says how it ends, `faults`
spoil the next answers of a path.
"""

from __future__ import annotations

import json
import struct
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy

PREVIEW = struct.pack(">II", 1, 1) + b"\xff\xd8\xffa picture"


@dataclass
class Asked:
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Fault:
    """`lost`: the connection breaks instead of the answer; `heard`: the server does what it was asked all the same."""

    status: int = 0
    body: bytes = b"<html>Bad gateway</html>"
    lost: bool = False
    heard: bool = False
    after_s: float = 0.0


@dataclass
class Comfy:
    video: bytes
    asked: list = field(default_factory=list)
    pending: list = field(default_factory=list)
    running: list = field(default_factory=list)
    history: dict = field(default_factory=dict)
    uploads: dict = field(default_factory=dict)
    lacks: set = field(default_factory=set)  # node classes
    files: list = field(default_factory=lambda: ["wan.safetensors"])
    faults: dict = field(default_factory=dict)  # (method, path) -> faults, in turn
    ends: str = "success"  # or the message of the exception
    saves: dict = field(default_factory=lambda: {"images": [{"filename": "a.mp4", "subfolder": "v", "type": "output"}]})
    waits_at: str | None = None
    go: threading.Event = field(default_factory=threading.Event)
    minds_ids: bool = True  # whether it takes a prompt_id
    has_socket: bool = True
    tells_states: bool = True

    def __post_init__(self):
        self.lock = threading.RLock()
        self.sockets = {}
        self.interrupted = threading.Event()
        self.ended = threading.Event()
        self._minted = 0

    def of(self, method, path):
        return [a for a in self.asked if a.method == method and a.path == path]

    def restart(self):
        """Forget everything, as a server does that keeps nothing."""
        with self.lock:
            self.pending, self.history = [], {}
        self.interrupted.set()
        self.go.set()
        while self.running:
            time.sleep(0.01)
        with self.lock:
            self.history = {}
        self.hang_up()

    def hang_up(self):
        for outbox in list(self.sockets.values()):
            outbox.put(None)

    def wait_until(self, condition, limit_s=10.0):
        until_s = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < until_s, "it did not come to that"
            time.sleep(0.01)

    # What it does

    def put(self, body):
        fault = self._validate(body["prompt"])
        if fault:
            return 400, fault
        with self.lock:
            self._minted += 1
            prompt_id = (body.get("prompt_id") if self.minds_ids else None) or f"minted-{self._minted}"
            extra = dict(body.get("extra_data", {}), client_id=body.get("client_id"))
            self.pending.append([self._minted, prompt_id, body["prompt"], extra, ["12"]])
        return 200, {"prompt_id": prompt_id, "number": self._minted, "node_errors": {}}

    def _validate(self, prompt):
        for node, members in prompt.items():
            if members["class_type"] in self.lacks:
                info = {"node_id": node, "class_type": members["class_type"]}
                message = f"Node '{members['class_type']}' not found. The custom node may not be installed."
                return {
                    "error": {"type": "missing_node_type", "message": message, "extra_info": info},
                    "node_errors": {},
                }
            file = members["inputs"].get("unet_name")
            if file is not None and file not in self.files:
                error = {"type": "value_not_in_list", "message": "Value not in list", "details": f"unet_name: '{file}'"}
                return {
                    "error": {"type": "prompt_outputs_failed_validation", "message": "Prompt outputs failed"},
                    "node_errors": {node: {"errors": [error], "class_type": members["class_type"]}},
                }
        return None

    def work(self):
        while not self.ended.is_set():
            with self.lock:
                if self.pending:
                    self.running = [self.pending.pop(0)]
            if self.running:
                self._run(*self.running[0][1:4])
                self.running = []
            time.sleep(0.005)

    def _run(self, prompt_id, prompt, extra):
        self.interrupted.clear()
        client, messages = extra.get("client_id"), []

        def tell(kind, everybody=False, **data):
            messages.append([kind, {"prompt_id": prompt_id} | data])
            self.tell(kind, {"prompt_id": prompt_id} | data, None if everybody else client)

        tell("execution_start")
        tell("execution_cached", nodes=[n for n, m in prompt.items() if m["class_type"].endswith("Loader")])
        states = {}
        for node, members in prompt.items():
            if not self._node(tell, node, members, states, client):
                tell("execution_interrupted", everybody=True, node_id=node)
                return self._done(prompt_id, prompt, extra, "error", messages, {})
        if self.ends != "success":
            tell("execution_error", node_id="9", exception_message=self.ends, exception_type="RuntimeError")
            return self._done(prompt_id, prompt, extra, "error", messages, {})
        self._done(prompt_id, prompt, extra, "success", messages, {"12": self.saves})
        tell("execution_success")
        return None

    def _node(self, tell, node, members, states, client):
        steps = members["inputs"].get("steps", 1)
        tell("executing", node=node)
        for step in range(steps + 1):
            if self.tells_states:
                states[node] = {"value": step, "max": steps, "state": "running" if step < steps else "finished"}
                tell("progress_state", nodes=states)
            elif steps > 1:
                tell("progress", node=node, value=step, max=steps)
            if self.waits_at == f"{node}/{step}":
                self.send(client, 2, PREVIEW)
                while not self.go.wait(0.01) and not self.interrupted.is_set():
                    if self.ended.is_set():
                        return False
            if self.interrupted.is_set():
                return False
        return True

    def _done(self, prompt_id, prompt, extra, status, messages, outputs):
        with self.lock:
            self.history[prompt_id] = {
                "prompt": [0, prompt_id, prompt, extra, ["12"]],
                "outputs": outputs,
                "status": {"status_str": status, "completed": status == "success", "messages": messages},
            }

    def tell(self, kind, data, client=None):
        for name in [client] if client else list(self.sockets):
            self.send(name, 1, json.dumps({"type": kind, "data": data}).encode())

    def send(self, client, opcode, payload):
        outbox = self.sockets.get(client)
        if outbox:
            outbox.put((opcode, payload))

    # What it answers

    def spoilt(self, asked):
        """The answer, or what a fault makes of it: None for a connection that breaks."""
        faults = self.faults.get((asked.method, asked.path), [])
        fault = faults.pop(0) if faults else Fault(heard=True)
        answer = self.answer(asked) if fault.heard else (0, b"")
        time.sleep(fault.after_s)
        if fault.lost:
            return None
        return (fault.status, fault.body) if fault.status else answer

    def answer(self, asked):
        path, head = asked.path, asked.path.split("/")[1]
        if path == "/prompt" and asked.method == "POST":
            return self.put(asked.json)
        if path == "/queue":
            return self._queue(asked)
        if head == "history":
            order_id = path.removeprefix("/history").lstrip("/")
            return 200, {k: v for k, v in self.history.items() if not order_id or k == order_id}
        if path == "/interrupt":
            return self._interrupt(asked)
        if path == "/upload/image":
            return self._upload(asked)
        if path == "/system_stats":
            return 200, {"system": {"comfyui_version": "0.9"}, "devices": []}
        if head == "object_info":
            kind = path.rpartition("/")[2]
            inputs = {"required": {"unet_name": ["COMBO", {"options": self.files}]}}
            return 200, {} if kind in self.lacks else {kind: {"input": inputs}}
        if path == "/view":
            return 200, self.video
        return 404, {}

    def _queue(self, asked):
        if asked.method == "POST":
            with self.lock:
                self.pending = [item for item in self.pending if item[1] not in asked.json.get("delete", [])]
            return 200, {}
        with self.lock:
            return 200, {"queue_running": list(self.running), "queue_pending": list(self.pending)}

    def _interrupt(self, asked):
        if not self.minds_ids or asked.json.get("prompt_id") in [item[1] for item in self.running]:
            self.interrupted.set()
        return 200, {}

    def _upload(self, asked):
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        for part in message_from_bytes(head + asked.body, policy=policy.HTTP).iter_parts():
            name, content = part.get_filename(), part.get_payload(decode=True)
            if name is None:
                continue
            while self.uploads.get(name, content) != content:
                name = f"other-{name}"
            self.uploads[name] = content
            return 200, {"name": name, "subfolder": "", "type": "input"}
        return 400, {}
