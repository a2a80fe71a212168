# SPDX-License-Identifier: MIT
"""soak_nodes.py [--seconds N] [--seed N] [--longest S] [--back S] [--asynchronous]: faults at random for a conversation over
several nodes, nodes_faults.py; an hour of them. scripts/soak runs it. `--asynchronous`: the only one is that a standby takes
over that was behind; what is lost is what was told since then, and is counted."""
import argparse
import os
import signal
import sys
import time

import chat
import nodes_faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("EDO_TEST_SEED", time.time_ns() % 1000000)))
    parser.add_argument("--longest", type=float, default=30)
    parser.add_argument("--back", type=float, default=15)
    parser.add_argument("--asynchronous", action="store_true")
    options = parser.parse_args()
    chat.Server.threads = 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it has started ends, too
    kinds = (nodes_faults.FallBack,) if options.asynchronous else nodes_faults.KINDS
    nodes_faults.Round(options.seed, options.seconds, options.longest, options.back, kinds).run()
    print(f"EDO_TEST_SEED={options.seed} soak_nodes.py: {options.seconds} s of faults")


if __name__ == "__main__":
    main()
