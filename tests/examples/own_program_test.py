#!/usr/bin/python3
"""Runs the examples of examples/own-program by the command that stands at each one's head.

  own_program_test.py SWEETSPOT NAME      exit code 77: what the example needs is not installed
"""
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
EXAMPLES = SOURCE / "examples" / "own-program"
MNIST = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "sweetspot" / "mnist"
SKIPPED = 77


def command_of(file):
    """The `sweetspot ...` lines at a file's head, joined."""
    text = re.sub(r"^(#|//) ?", "", file.read_text(), flags=re.MULTILINE)
    lines = text[text.index("  sweetspot "):].split("\n")
    command = ""
    for line in lines:
        line = line.strip().replace("\\\\", "\\")
        command += line[:-1] + " " if line.endswith("\\") else line
        if not line.endswith("\\"):
            return shlex.split(command)
    raise AssertionError(f"{file}: no command")


def run(program, words, folder):
    words = [str(program)] + words[1:] + ["--study", f"{folder}/study.db"]
    # The python3 that the example runs is the one that has what it needs.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    shown = subprocess.run([program, "show", f"{folder}/study.db", "--json"], check=True,
                           capture_output=True, text=True)
    subprocess.run([program, "report", f"{folder}/study.db", "--output", f"{folder}/report"], check=True,
                   capture_output=True)
    return json.loads(shown.stdout)


def need_torch():
    if importlib.util.find_spec("torch") is None or not (MNIST / "train-images-idx3-ubyte").exists():
        sys.exit(SKIPPED)


def shell(program, folder):
    shutil.copy(EXAMPLES / "train.sh", folder)
    study = run(program, command_of(EXAMPLES / "train.sh"), folder)
    # (1 - rate)^2 is least at 1.
    assert 0.3 < study["answer"]["config"]["learning_rate"] < 2, study["answer"]
    assert study["answer"]["value"] < 1e-3


def stumps(program, folder):
    for name in ("boosted_stumps.py", "boosted_stumps.toml"):
        shutil.copy(EXAMPLES / name, folder)
    study = run(program, command_of(EXAMPLES / "boosted_stumps.py") + ["--parallel", "2"], folder)
    assert len(study["trials"]) == 20
    errors = [trial["metrics"]["error"] for trial in study["trials"]]
    assert abs(study["answer"]["value"] - min(errors)) < 0.03 and study["answer"]["value"] < 0.55, errors


def pytorch(program, folder):
    need_torch()
    shutil.copy(EXAMPLES / "mnist_pytorch.py", folder)
    study = run(program, command_of(EXAMPLES / "mnist_pytorch.py"), folder)
    assert study["answer"]["value"] > 0.85, study["answer"]


def checkpoints(program, folder):
    need_torch()
    for name in ("mnist_pytorch.py", "mnist_checkpoints.py"):
        shutil.copy(EXAMPLES / name, folder)
    (Path(folder) / "sweetspot.py").write_text((SOURCE / "python" / "sweetspot.py").read_text())
    study = run(program, command_of(EXAMPLES / "mnist_checkpoints.py"), folder)
    assert study["answer"]["value"] > 0.85, study["answer"]
    assert any(trial["origin"] for trial in study["trials"]), "nothing was copied"
    left = list(Path(folder).glob("study.db.files/tune/checkpoints/*"))
    assert left == [], f"checkpoints were left: {left}"


def libtorch(program, folder):
    if not Path("/usr/include/torch").exists() and not Path("/usr/include/x86_64-linux-gnu/torch").exists():
        sys.exit(SKIPPED)
    (Path(folder) / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.25)
project(own CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(Torch REQUIRED)
add_executable(libtorch {EXAMPLES}/libtorch.cpp)
target_include_directories(libtorch PRIVATE {SOURCE}/include)
target_link_libraries(libtorch "${{TORCH_LIBRARIES}}")
""")
    for words in (["cmake", "-S", ".", "-B", "build"], ["cmake", "--build", "build"]):
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(f"{folder}/build/libtorch", folder)
    study = run(program, command_of(EXAMPLES / "libtorch.cpp"), folder)
    assert study["answer"]["value"] < 0.1, study["answer"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        globals()[sys.argv[2]](Path(sys.argv[1]).resolve(), scratch)
