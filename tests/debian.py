"""Packages of Debian, got beside the system, which they leave alone: for servers and sources of other versions.

Linux with apt, as root. The mirror is the one that the system uses, so that a proxy or a mirror of the house serves these too.
"""
import os
import pathlib
import re
import shutil
import subprocess

from servers import Failure

SUITE = "sid"  # where the newest servers are
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", pathlib.Path(__file__).parent.parent / "target")).resolve()


def call(command, **options):
    """Runs a program whose words count only when it fails; what it says."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def need(*programs):
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        raise Failure(f"not found: {', '.join(missing)}")


def once(folder, make):
    """A folder that is there whole or not at all."""
    if not folder.exists():
        draft = folder.with_name(folder.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        make(draft)
        draft.rename(folder)
    return folder


def mirror():
    places = [pathlib.Path("/etc/apt/sources.list"), *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]
    text = "\n".join(path.read_text() for path in places if path.is_file())
    found = re.search(r"^(?:URIs:|deb(?: \[[^]]*\])?) *(\S+/debian)/?(?:\s|$)", text, re.MULTILINE)
    if not found:
        raise Failure("the sources of apt name no mirror of Debian; add one in /etc/apt/sources.list.d")
    return found[1]


class Apt:
    """apt-get with a state of its own, in a folder of its own below this one. What it downloads comes into `cache`."""

    def __init__(self, below, suite, kinds=("deb",)):
        need("apt-get", "dpkg-deb")
        self.folder, self.cache = below / "apt", below / "apt" / "cache"
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True)
        (self.folder / "nothing").touch()
        where = f"[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror()} {suite} main\n"
        (self.folder / "own.list").write_text("".join(f"{kind} {where}" for kind in kinds))
        self("update")

    def __call__(self, *words):
        options = [f"Dir::Etc::sourcelist={self.folder}/own.list", "Dir::Etc::sourceparts=-", f"Dir::State::lists={self.folder}/lists",
                   f"Dir::State::status={self.folder}/nothing", f"Dir::Cache={self.cache}", "APT::Sandbox::User=root"]
        return call(["apt-get", *[part for option in options for part in ("-o", option)], "-qq", *words], cwd=self.cache)

    def unpack(self, root):
        """Unpacks all that was downloaded."""
        for package in sorted(self.cache.glob("*.deb")):
            call(["dpkg-deb", "-x", package, root])

    def close(self):
        shutil.rmtree(self.folder)


def unpacked(folder, *packages):
    """The root of a system beside this one: packages with all that they need, the C library too. Made once."""
    def make(draft):
        apt = Apt(draft, SUITE)
        listed = apt("--no-install-recommends", "--print-uris", "install", *packages)
        apt("download", *[f"{name}/{SUITE}" for name in re.findall(r"^'[^']*' ([^_ ]+)_", listed, re.MULTILINE)])
        apt.unpack(draft / "root")
        apt.close()
    return once(folder, make) / "root"
