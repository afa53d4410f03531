"""Makes a Python environment with real Alembic in a folder, once, and prints the path of its interpreter.

    python3 tests/alembic/prepare.py FOLDER

What is in it stands in `requirements.txt` beside this file; another text there makes it anew. Two runs at once wait for
each other. Exit code 1 with the reason where it cannot be had: nothing that needs it may be skipped in silence.
"""
import fcntl
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\nerror: cannot prepare real Alembic: {' '.join(map(str, command[:4]))} … failed")


def prepare(folder):
    """A folder without the stamp is one that was left half-made."""
    python, stamp = folder / "bin" / "python", folder / "requirements.txt"
    wanted = REQUIREMENTS.read_text()
    if not (stamp.exists() and stamp.read_text() == wanted and python.exists()):
        print("preparing real Alembic for the tests", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        run(sys.executable, "-m", "venv", folder)
        run(python, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps", "--requirement", REQUIREMENTS)
        stamp.write_text(wanted)
    return python


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print(prepare(folder))
