# SPDX-License-Identifier: MIT
"""A program of several parts and signals: the first one turns readiness off and lets the program serve on for
`pre_stop`; the second one ends it at once. The program is examples/web/links3."""
import contextlib
import http.client
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "tests", "support"))

import bounded  # noqa: E402
from bounded import WAIT  # noqa: E402


@contextlib.contextmanager
def started(pre_stop_ms):
    """The program, and the port of its probes."""
    program = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "links3")
    with subprocess.Popen([program, "127.0.0.1:0", "127.0.0.1:0", str(pre_stop_ms)], stdout=subprocess.PIPE) as process:
        try:
            lines = [bounded.line_of(process.stdout, "two addresses") for _ in range(2)]
            yield process, next(int(line.rsplit(":", 1)[1]) for line in lines if line.startswith("probes on "))
        finally:
            bounded.kill(process)


def status(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    with contextlib.closing(client):
        client.request("GET", path)
        return client.getresponse().status


def terminate(process, probes):
    """The first signal: returns when the program is not ready any more."""
    assert status(probes, "/readyz") == 200
    process.terminate()
    bounded.until("that it is not ready", lambda: status(probes, "/readyz"), lambda seen: seen != 200)
    assert status(probes, "/livez") == 200 and status(probes, "/startup") == 200


def test_second_signal_ends_the_program_at_once():
    for second in signal.SIGTERM, signal.SIGINT:
        with started(600_000) as (process, probes):
            terminate(process, probes)
            process.send_signal(second)
            assert bounded.ended(process) == -second, process.returncode


def test_program_ends_with_0_when_all_parts_have():
    with started(200) as (process, probes):
        assert status(probes, "/readyz") == 200
        process.terminate()
        assert bounded.ended(process) == 0, process.returncode


if __name__ == "__main__":
    bounded.run_one()
