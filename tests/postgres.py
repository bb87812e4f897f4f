"""PostgreSQL servers of the tests' own: made in a temporary folder, on loopback, gone with whoever started them."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from running import free_port, lacking

from platematch.store import open_sync

FOLDERS = "/usr/lib/postgresql/*/bin"  # where Debian has the server's programs, which are on nobody's PATH
PASSWORD = "sesame"
READY_S = 60


def program(name: str) -> str:
    """The path of one of the server's programs, of the newest version that is there."""
    found = sorted(Path("/").glob(f"{FOLDERS[1:]}/{name}"), key=lambda path: int(path.parts[-3]))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        lacking("PostgreSQL's server is not installed (apt-get install postgresql)")
    return path


class Server:
    """A server; started, stopped, killed and started again at the same address. durable: it tells the disk to write.

    Its superuser is `postgres`, by password as everybody. PostgreSQL refuses to run as root, so there Debian's user
    `postgres` runs it.
    """

    def __init__(self, *, durable: bool = False, settings: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._template: str | None = None
        self._numbers = itertools.count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="platematch-postgres-"))
        self.log = self.folder / "log"
        self._settings = [*settings, *([] if durable else ["fsync=off", "synchronous_commit=off"])]
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            self._as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        made = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"]
        # A language that orders texts otherwise than we do, to prove that it does not matter.
        locale = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=uk"]
        self._run("initdb", f"--pgdata={self._data}", *locale, "--no-sync", *made)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, name: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._as_user, program(name), *arguments], cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it and wait until it answers."""
        deadline = time.monotonic() + READY_S
        self._begin()
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.log.read_text()
                if self.process is None or self.process.poll() is not None:
                    self._begin()  # sessions of one that was killed may still be ending
                time.sleep(0.05)

    def _begin(self) -> None:
        given = [f"-c{setting}" for setting in (*self._settings, "listen_addresses=127.0.0.1", f"port={self.port}")]
        # Whatever ends the tests ends the server.
        ending = ["setpriv", *self._as_user[1:], "--pdeathsig=QUIT"]
        command = [*ending, program("postgres"), "-D", str(self._data), "-k", str(self.folder), *given]
        with self.log.open("ab") as log:
            # Not in the terminal's group, so that Ctrl-C ends the tests first.
            self.process = subprocess.Popen(command, cwd="/", stdout=log, stderr=log, start_new_session=True)

    def end(self, sign: int = signal.SIGQUIT) -> None:
        """Stop it: SIGQUIT as `pg_ctl stop -m immediate` does, SIGINT in order, SIGKILL as the power would."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait(READY_S)
            self.process = None

    def make_standby(self) -> None:
        """Have it follow a primary, though there is none, from its next start on."""
        (self._data / "standby.signal").touch()

    def remove(self) -> None:
        """Stop it and forget what it held."""
        self.end()
        shutil.rmtree(self.folder)

    def url(self, database: str, user: str = "platematch", password: str = PASSWORD) -> str:
        """The address of a database, whether there is one or not."""
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the server's superuser; its rows."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return [] if cursor.description is None else cursor.fetchall()

    def empty(self) -> str:
        """The address of a new database without any table, which belongs to the ordinary user `platematch`."""
        if not self.execute("SELECT 1 FROM pg_roles WHERE rolname = 'platematch'"):
            self.execute(f"CREATE ROLE platematch LOGIN PASSWORD '{PASSWORD}'")
        return self._create("template1")

    def migrated(self) -> str:
        """The address of a new database with the schema of this code; a copy, as that is made faster."""
        if self._template is None:
            url = self.empty()
            with open_sync(url):
                self._template = url.rpartition("/")[2]
        return self._create(self._template)

    def drop(self, url: str) -> None:
        """Remove a database, whoever uses it."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"store{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} OWNER platematch TEMPLATE {template}")
        return self.url(name)
