"""Reports to sweetspot from a training script. One file, the standard library alone: copy it beside yours.

    import sweetspot

    start = 0
    if sweetspot.resume_dir():                    # goes on from a checkpoint, where there is one
        start = load(sweetspot.resume_dir())
    for step in range(start + 1, steps + 1):
        ...
        if step % 50 == 0:
            save(sweetspot.checkpoint_dir(), step)         # before the report
            sweetspot.report(step, accuracy=accuracy, loss=loss)
            if sweetspot.should_stop():
                break

Outside sweetspot every function does nothing: report() writes nowhere, checkpoint_dir() and resume_dir()
are None, should_stop() is False.

Licence: MIT.
"""
import json
import math
import os
import signal
import sys
import threading

__version__ = "1"
__all__ = ["report", "checkpoint_dir", "resume_dir", "should_stop", "trial", "seed", "steps"]

_lock = threading.Lock()
_last_step = -1
_told_to_stop = False


def _number(name):
    text = os.environ.get(name, "")
    return int(text) if text.isdigit() else None


def trial():
    """The trial's number, or None outside sweetspot."""
    return _number("SWEETSPOT_TRIAL")


def seed(otherwise=None):
    """The seed that the trial is to be trained with; `otherwise` outside sweetspot."""
    number = _number("SWEETSPOT_SEED")
    return otherwise if number is None else number


def steps(otherwise=None):
    """How far to train, counted from step 0; `otherwise` where nobody says."""
    number = _number("SWEETSPOT_STEPS")
    return otherwise if number is None else number


def checkpoint_dir():
    """A folder, empty at first, to save the state of this run into; None outside sweetspot.

    What stands in it when report() is called, or when the program ends by itself, may be gone on from.
    """
    return os.environ.get("SWEETSPOT_CHECKPOINT") or None


def resume_dir():
    """The folder of a checkpoint to go on from, never to be written to; None where there is none."""
    return os.environ.get("SWEETSPOT_RESUME") or None


def report(step, **metrics):
    """Reports numbers at a step. NaN and infinity are told as such; what is no number is an error."""
    global _last_step
    values = {"step": int(step)}
    for name, value in metrics.items():
        value = float(value)
        values[name] = value if math.isfinite(value) else None
    path = os.environ.get("SWEETSPOT_REPORT")
    if not path:
        return
    line = json.dumps(values) + "\n"
    with _lock:
        _last_step = max(_last_step, values["step"])
        with open(path, "a", encoding="utf-8") as file:
            file.write(line)


def should_stop():
    """Whether to end now: the steps are done, or sweetspot sent SIGTERM. False outside sweetspot."""
    most = steps()
    return _told_to_stop or (most is not None and _last_step >= most)


def _on_term(number, frame):
    global _told_to_stop
    _told_to_stop = True


def _in_forked_child():
    # A worker that noted SIGTERM and worked on could be ended by nobody but SIGKILL: terminate() of a pool waits.
    if signal.getsignal(signal.SIGTERM) is _on_term:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _is_worker():
    """Whether multiprocessing started this process, which then imports the script once more."""
    process = sys.modules.get("multiprocessing.process")
    if process is None:
        return False
    # While such a process imports the script it does not know its parent yet.
    return process.parent_process() is not None or getattr(process.current_process(), "_inheriting", False)


# A first SIGTERM lets the program save and end by itself; sweetspot waits for --grace seconds.
if os.environ.get("SWEETSPOT_TRIAL") and threading.current_thread() is threading.main_thread():
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and not _is_worker():
        signal.signal(signal.SIGTERM, _on_term)
        os.register_at_fork(after_in_child=_in_forked_child)
