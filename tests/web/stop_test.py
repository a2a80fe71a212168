# SPDX-License-Identifier: MIT
"""A program of several parts and signals: the first one turns readiness off and lets the program serve on for
`pre_stop`; the second one ends it at once. The program is examples/links3."""
import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time

WAIT = 20


@contextlib.contextmanager
def started(pre_stop_ms):
    """The program, and the port of its probes."""
    program = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "links3")
    with subprocess.Popen([program, "127.0.0.1:0", "127.0.0.1:0", str(pre_stop_ms)], stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            lines = [process.stdout.readline() for _ in range(2)]
            yield process, next(int(line.rsplit(":", 1)[1]) for line in lines if line.startswith("probes on "))
        finally:
            process.kill()


def status(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    with contextlib.closing(client):
        client.request("GET", path)
        return client.getresponse().status


def terminate(process, probes):
    """The first signal: returns when the program is not ready any more."""
    assert status(probes, "/readyz") == 200
    process.terminate()
    while status(probes, "/readyz") == 200:
        time.sleep(0.01)
    assert status(probes, "/livez") == 200 and status(probes, "/startup") == 200


def test_second_signal_ends_the_program_at_once():
    for second in signal.SIGTERM, signal.SIGINT:
        with started(600_000) as (process, probes):
            terminate(process, probes)
            process.send_signal(second)
            assert process.wait(WAIT) == -second, process.returncode


def test_program_ends_with_0_when_all_parts_have():
    with started(200) as (process, probes):
        assert status(probes, "/readyz") == 200
        process.terminate()
        assert process.wait(WAIT) == 0, process.returncode


if __name__ == "__main__":
    for name in sys.argv[1:] or [name for name in dict(globals()) if name.startswith("test_")]:
        globals()[name]()
