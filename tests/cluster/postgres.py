#!/usr/bin/python3
"""A private PostgreSQL on loopback, in a temporary folder, for as long as a test runs.

  postgres.py COMMAND ARGS...     runs the command with SWEETSPOT_TEST_POSTGRES=URL in its environment
                                  and exits as it does; 77: PostgreSQL is not installed
"""
import os
import pwd
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from leash import PATIENCE, Folder, Leash, environment_without, free_port, tail, wait_until
from needs import SKIPPED, missing

DEBIAN_BINARIES = Path("/usr/lib/postgresql/15/bin")
# Where root may: shared memory of its own, which goes with the last process however that ends.
OWN_MEMORY = ["unshare", "--ipc", "--mount", "sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh"]
SIGNALS = {"immediate": "QUIT", "fast": "INT", "smart": "TERM"}


def binary(name):
    """Debian keeps the servers' programs out of the PATH."""
    debian = DEBIAN_BINARIES / name
    return str(debian) if debian.exists() else shutil.which(name)


def session(url, sql):
    """A psql that is on its way, over TCP."""
    return subprocess.Popen([binary("psql"), url, "-XqAtc", sql], text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment_without("PG"))


def outcome(asked):
    """(exit code, what it printed, what went wrong) of a session, when it has ended."""
    printed, wrong = asked.communicate(timeout=PATIENCE * 60)
    return asked.returncode, printed.strip(), wrong.strip()


class Postgres:
    """with Postgres() as server: ... server.url() ...

    With a password, TCP asks for it (scram-sha-256); `settings` are lines of postgresql.conf. All else is
    as installed: what is committed is on disk (fsync), so stop() is a crash that loses nothing.
    """

    def __init__(self, password=None, settings=None):
        self.password = password
        self.settings = settings or {}
        self.port = None
        self.folder = None
        self._server = None
        self._around = []

    @staticmethod
    def is_available():
        return all(binary(name) for name in ("initdb", "postgres", "pg_isready", "psql"))

    def __enter__(self):
        with ExitStack() as undo:
            folder = Folder("postgres")
            undo.callback(folder.close)
            self.folder = folder.path
            if os.geteuid() == 0:
                shutil.chown(self.folder, self._user().pw_name)
                self._around = OWN_MEMORY if self._may_have_own_memory() else []
            self._create()
            undo.callback(self.stop)
            self.start()
            self._run("psql", *self._place(), "-d", "postgres", "-Xqc", "CREATE DATABASE tuner")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *failure):
        self._undo.close()

    def url(self, user="tuner", database="tuner"):
        secret = f":{quote(self.password, safe='')}" if self.password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def start(self):
        """Returns when it takes connections, after recovery where it had crashed."""
        assert not (self._server and self._server.is_running()), "the server runs"
        log = self.folder / "log"
        self._server = Leash(self._as_user(binary("postgres"), "-D", self.folder / "data"), log,
                             signal="QUIT", cwd=self.folder, env=environment_without("PG"))
        ready = self._as_user(binary("pg_isready"), "-q", *self._place(), "-d", "postgres")
        wait_until(lambda: not self._server.is_running() or subprocess.run(
            ready, env=environment_without("PG"), cwd=self.folder).returncode == 0,
            60, lambda: f"PostgreSQL is not ready:\n{tail(log)}")
        if not self._server.is_running():
            raise RuntimeError(f"PostgreSQL did not start:\n{tail(log)}")

    def stop(self, mode="immediate"):
        """immediate: as in a crash; fast: ends the sessions and shuts down; smart: waits for them."""
        if self._server:
            self._server.close(SIGNALS[mode])

    def restart(self, mode="immediate"):
        self.stop(mode)
        self.start()

    def psql(self, sql, database="tuner"):
        """What the statements print: rows as lines, columns parted by `|`."""
        return self._run("psql", *self._place(), "-d", database, "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-",
                         input=sql).strip()

    @contextmanager
    def locked(self, table, database="tuner"):
        """Nobody can write into the table meanwhile. Yields a function that tells whether somebody waits to."""
        with subprocess.Popen(self._as_user(binary("psql"), *self._place(), "-d", database, "-XqAt"), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.folder,
                              env=environment_without("PG")) as session:
            print(f"BEGIN; LOCK TABLE {table} IN SHARE MODE; SELECT 'locked';", file=session.stdin, flush=True)
            if session.stdout.readline() != "locked\n":
                raise RuntimeError(f"{table} could not be locked")
            waiting = f"SELECT 1 FROM pg_locks WHERE relation = '{table}'::regclass AND NOT granted LIMIT 1"
            yield lambda: self.psql(waiting, database) == "1"

    def _place(self):
        return ["-h", str(self.folder), "-p", str(self.port), "-U", "tuner"]

    def _create(self):
        self.port = free_port()
        access = ["-A", "trust"]
        if self.password:
            (self.folder / "password").write_text(self.password + "\n")
            access = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={self.folder}/password"]
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "tuner", *access, "--no-sync",
                  "-E", "UTF8", "--locale=C.UTF-8")
        # syncfs: recovery makes sure of all files by one call, not by one for each of a thousand (5 s).
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "recovery_init_sync_method": "syncfs",
                    "unix_socket_directories": self.folder, **self.settings}
        with open(self.folder / "data" / "postgresql.conf", "a") as file:
            for name, value in settings.items():
                file.write(f"{name} = '{value}'\n")

    def _may_have_own_memory(self):
        return (not self.folder.is_relative_to("/dev/shm") and
                subprocess.run([*OWN_MEMORY, "true"], stderr=subprocess.DEVNULL).returncode == 0)

    @staticmethod
    def _user():
        """PostgreSQL refuses to run as root."""
        names = {user.pw_name: user for user in pwd.getpwall()}
        return names.get("postgres") or names["nobody"]

    def _as_user(self, *command):
        if os.geteuid() != 0:
            return command
        user = self._user()
        return [*self._around, "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
                *command]

    def _run(self, program, *arguments, **options):
        done = subprocess.run(self._as_user(binary(program), *arguments), text=True, capture_output=True,
                              cwd=self.folder, env=environment_without("PG"), **options)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr}")
        return done.stdout


def main(command):
    if missing(Postgres):
        return SKIPPED
    with Postgres() as server:
        environment = environment_without("PG", SWEETSPOT_TEST_POSTGRES=server.url())
        # The command ends with us, should we be killed.
        code = subprocess.run(["setpriv", "--pdeathsig=KILL", "--", *command], env=environment).returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main(sys.argv[1:]) if sys.argv[1:] else __doc__)
