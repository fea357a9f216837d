"""What the test servers stand on: free ports, and folders and processes that never outlive the test.

A folder and a process each hold one end of a pipe whose other end only the test has: when the test ends,
in whatever way (SIGKILL too), the pipe closes, and a shell at its end cleans up.
"""
import contextlib
import os
import random
import socket
import subprocess
import tempfile
import time
from pathlib import Path


# How much slower a machine may be than the one for which a test says how long it waits: waiting costs nothing
# where it succeeds.
PATIENCE = 5

_given_ports = set()


def free_port():
    """A loopback port that nobody listens on, below those that outgoing connections are given; never one twice."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        if port in _given_ports:
            continue
        _given_ports.add(port)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def environment_without(*prefixes, **added):
    """This process's environment less the variables that begin so, for a server's tools."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    return {**kept, **added}


def wait_until(happened, seconds, failure):
    """Asks until it is true; `failure()` tells what to say when it isn't in time. Returns what was true."""
    end = time.monotonic() + PATIENCE * seconds
    while not (result := happened()):
        if time.monotonic() > end:
            raise TimeoutError(failure())
        time.sleep(0.05)
    return result


def tail(file, lines=15):
    """The end of a log, for a failure's message."""
    return "\n".join(Path(file).read_text(errors="replace").splitlines()[-lines:]) if Path(file).exists() else ""


def processes_of(text):
    """The numbers of the living processes whose command or folder holds the text."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace") + os.readlink(process / "cwd")
        except OSError:  # ended meanwhile, a zombie, or not ours
            continue
        if text in words:
            found.append(int(process.name))
    return found


class Folder:
    """A temporary folder. It goes when it is closed, or else when this process ends."""

    # In a session of its own, and no child of ours: what kills us and our children leaves it alone.
    KEEPER = ["setsid", "--fork", "sh", "-c", """
        trap "" HUP INT TERM
        cat >/dev/null
        tries=1000
        until rm -rf -- "$0" 2>/dev/null || [ $((tries -= 1)) -eq 0 ]; do sleep 0.05; done"""]

    def __init__(self, name):
        self.path = Path(tempfile.mkdtemp(prefix=f"sweetspot-{name}-"))
        self._keeper = subprocess.Popen([*self.KEEPER, self.path], stdin=subprocess.PIPE, cwd="/",
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._keeper.wait()

    def close(self):
        self._keeper.stdin.close()
        with self._keeper.stdout as until_its_end:
            until_its_end.read()
        if self.path.exists():
            raise RuntimeError(f"{self.path} could not be removed")


class Leash:
    """A process that ends by `signal` when the leash is closed, or else when this process ends.

    With `alone`, it is the first of a process namespace of its own: all that it ever started, in
    whatever session, ends with it at once, as on a machine that loses its power. Needs root.
    """

    HOLDER = """
        alone=$1; shift
        exec 3<&0
        env --default-signal=INT,QUIT "$@" </dev/null 3<&- & held=$!
        { read -r signal <&3
          [ $alone = no ] || first=$(cat /proc/$held/task/$held/children)
          kill -${signal:-$0} ${first:-$held}; } & reader=$!
        wait $held; status=$?
        kill $reader 2>/dev/null
        exit $status"""
    # The first process of a namespace has to bury the orphans: the inner shell does, while it waits.
    # Its /proc is mounted here and not by --mount-proc, which wants / to be a mount: in a chroot it isn't.
    # A chroot may have nothing at /sys/fs/cgroup either, and then slurmd, which uses none, doesn't start.
    NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child=KILL", "--mount", "--propagation=unchanged", "sh", "-c", """
        mount --make-private /proc && mount -t proc proc /proc || exit
        as_the_kernel_has_them() {
          grep -q ^[1-9] /proc/self/cgroup || { mount -t cgroup2 none /sys/fs/cgroup; return; }
          mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/systemd &&
            mount -t cgroup -o none,name=systemd none /sys/fs/cgroup/systemd
        }
        mountpoint -q /sys/fs/cgroup || { mount --make-private /sys && as_the_kernel_has_them; } || exit
        env --default-signal=INT,QUIT "$@" & wait $!""", "sh"]

    def __init__(self, command, log, signal="KILL", alone=False, **options):
        self.log = log
        command = ["yes", *self.NAMESPACE, *command] if alone else ["no", *command]
        with open(log, "ab") as output:
            self._holder = subprocess.Popen(["sh", "-c", self.HOLDER, signal, *command], stdin=subprocess.PIPE,
                                            stdout=output, stderr=output, start_new_session=True, **options)

    def is_running(self):
        return self._holder.poll() is None

    def close(self, signal=""):
        """Sends the signal, waits for the end. Does nothing where the process has ended."""
        with contextlib.suppress(BrokenPipeError):
            if self.is_running():
                self._holder.stdin.write(f"{signal}\n".encode())
            self._holder.stdin.close()
        self._holder.wait()
