# SPDX-License-Identifier: MIT
"""A service of notes, bench/edo-bench-crud.c, against the contract that its peers in other languages keep as well."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "bench", "lib"))
sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "tests", "support"))

import bounded  # noqa: E402
import notes  # noqa: E402


def test_notes_are_kept_as_the_contract_says():
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-bench-crud")
    with subprocess.Popen([program, "127.0.0.1:0"], stdout=subprocess.PIPE) as process:
        try:
            notes.check(int(bounded.line_of(process.stdout, "its address").rstrip("/\n").rsplit(":", 1)[1]))
            process.terminate()
            assert bounded.ended(process) == 0
        finally:
            bounded.kill(process)


if __name__ == "__main__":
    bounded.run_one()
