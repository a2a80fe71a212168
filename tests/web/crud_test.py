# SPDX-License-Identifier: MIT
"""A service of notes, bench/edo-bench-crud.c, against the contract that its peers in other languages keep as well."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "bench", "lib"))

import notes  # noqa: E402

WAIT = 20


def test_notes_are_kept_as_the_contract_says():
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-bench-crud")
    with subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            notes.check(int(process.stdout.readline().rstrip("/\n").rsplit(":", 1)[1]))
            process.terminate()
            assert process.wait(WAIT) == 0, process.returncode
        finally:
            process.kill()


if __name__ == "__main__":
    for name in sys.argv[1:] or [name for name in dict(globals()) if name.startswith("test_")]:
        globals()[name]()
