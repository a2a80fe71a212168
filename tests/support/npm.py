# SPDX-License-Identifier: MIT
"""Packages of npm that tests use: they are brought into a folder of the build once, by one test at a time."""
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def bring(folder, packages):
    done, wanted = os.path.join(folder, "installed"), " ".join(packages)
    if os.path.exists(done):
        with open(done, encoding="ascii") as made:
            if made.read() == wanted:
                return
    try:
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder,
                        *packages], check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        skip("npm could not install " + wanted)
    with open(done, "w", encoding="ascii") as made:
        made.write(wanted)


@contextlib.contextmanager
def packages(name, *wanted):
    """The folder `name` of the build, which has the packages in node_modules. Other tests that want it wait until the
    block ends. Where the packages cannot be had the test is skipped."""
    if not (shutil.which("node") and shutil.which("npm")):
        skip("no node or npm (Debian: nodejs, npm)")
    folder = os.path.join(os.environ["EDO_BUILD_DIR"], name)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        bring(folder, wanted)
        yield folder
