# SPDX-License-Identifier: MIT
"""Sizes and start-up: of the libraries, of a hello program linked both ways, of the peers.

Bytes are those of stripped files, without link-time bytecode. The names of values end in their
unit; times are shown beside what was recorded but are never a failure.
"""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from programs import BUILD, EDO_BIN, PEER_BIN, TOP, Failed, last_line

STARTS = 50
COMPILES = 5
PEER_PROGRAMS = ["peer-tokio-echo", "peer-go-echo", "peer-libuv-echo", "floor-epoll"]

HELLO = """\
#include <edo/edo.h>
#include <stdio.h>

static int hello(void *arg) {
    (void)arg;
    puts("hello");
    return 0;
}

int main(void) { return edo_main(hello, NULL); }
"""
PLAIN = '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n'


def run(command):
    command = [str(part) for part in command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{pathlib.Path(command[0]).name}: {last_line(done.stderr)}")
    return done.stdout


def stripped_bytes(path, where):
    copy = pathlib.Path(where) / "stripped"
    shutil.copyfile(path, copy)
    os.chmod(copy, 0o755)
    flags = ["--strip-unneeded", "-R", ".gnu.lto_*", "-R", ".gnu.debuglto_*", "-R", ".comment"]
    run(["strip", *flags, copy])
    return copy.stat().st_size


def find(name):
    """A file of the release build; the real one where it is a link."""
    found = sorted(p for p in (BUILD / "release").rglob(name) if p.is_file())
    return found[0].resolve() if found else None


def startup_us(program):
    """Median time from spawn to end of a program that says hello and ends."""
    times = []
    with open(os.devnull, "w", encoding="ascii") as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), 1)]
        for _ in range(STARTS):
            start = time.perf_counter_ns()
            pid = os.posix_spawn(str(program), [str(program)], os.environ, file_actions=actions)
            _, status = os.waitpid(pid, 0)
            times.append((time.perf_counter_ns() - start) / 1e3)
            if status != 0:
                raise Failed(f"{program.name}: status {status}")
    return round(statistics.median(times))


def needed(program):
    text = run(["readelf", "-d", program])
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def compile_ms(cc, source, where):
    times = []
    for _ in range(COMPILES):
        start = time.perf_counter_ns()
        run([cc, "-std=c17", "-O2", f"-I{TOP}/include", "-c", source, "-o", f"{where}/timed.o"])
        times.append((time.perf_counter_ns() - start) / 1e6)
    return round(statistics.median(times))


def hello_values(cc, archive, shared, where):
    """The hello program: from the archive, from the shared library, and with no library at all."""
    example = TOP / "examples" / "web" / "hello.c"
    source, plain = where / "hello.c", where / "plain.c"
    source.write_text(example.read_text() if example.exists() else HELLO)
    plain.write_text(PLAIN)
    compile_flags = ["-std=c17", "-O2", f"-I{TOP}/include"]
    run([cc, *compile_flags, plain, "-o", where / "plain"])
    values = {"plain_c_start_us": startup_us(where / "plain")}
    ways = {
        "hello_archive": [archive, "-pthread"],
        "hello_static": ["-static", archive, "-pthread"],
        "hello_shared": [f"-L{shared.parent}", f"-Wl,-rpath,{shared.parent}", "-ledo", "-pthread"],
    }
    for name, link in ways.items():
        run([cc, *compile_flags, source, "-Wl,--gc-sections", "-o", where / name, *link])
        values[f"{name}_bytes"] = stripped_bytes(where / name, where)
        values[f"{name}_start_us"] = startup_us(where / name)
    libraries = needed(where / "hello_shared")
    values["hello_shared_needed_libs"] = len(libraries)
    values["libedo_needed_libs"] = len(needed(shared))
    values["hello_compile_ms"] = compile_ms(cc, source, where)
    return values, libraries + [f"libedo: {name}" for name in needed(shared)]


def measure(cc):
    """Answers the values, the shared libraries needed, notes, and whether something failed."""
    archive, shared = find("libedo.a"), find("libedo.so*")
    if not archive or not shared:
        return {}, [], ["libedo: not built"], False
    with tempfile.TemporaryDirectory() as name:
        where = pathlib.Path(name)
        values = {
            "libedo_a_bytes": stripped_bytes(archive, where),
            "libedo_so_bytes": stripped_bytes(shared, where),
        }
        try:
            hello, libraries = hello_values(cc, archive, shared, where)
        except Failed as why:
            return values, [], [f"hello: failed: {why}"], True
        values.update(hello)
    return values, libraries, [], False


def peers():
    """Stripped bytes of the peers' echo servers and of edo's, where built: shown, not recorded."""
    rows = []
    with tempfile.TemporaryDirectory() as where:
        for path in [EDO_BIN / "edo-bench-echo", *(PEER_BIN / name for name in PEER_PROGRAMS)]:
            if path.exists():
                size, libraries = stripped_bytes(path, where), needed(path)
                rows.append([path.name, str(size), " ".join(libraries) or "none"])
    return ["echo server", "bytes", "shared libraries"], rows


def counts(key):
    """Whether a value fails when it drifts."""
    return not key.endswith(("_us", "_ms"))
