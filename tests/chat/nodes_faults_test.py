# SPDX-License-Identifier: MIT
"""Goal: over three nodes, PostgreSQL and Redis nothing that was acknowledged is lost, nothing is doubled, and all see one order,
whatever of them dies, stands still, is cut off, or is full; everybody is back soon, and nobody has to reload the page.
Method: two minutes of nodes_faults.py, with a seed of its own each time (EDO_TEST_SEED repeats one), of which the first fault
is a SIGSTOP of 30 s. scripts/soak has an hour, and 30 s for each SIGSTOP."""
import os
import time

import chat
import nodes_faults

SECONDS = 120
BACK_S = 15


def test_faults_at_random_lose_and_double_nothing_and_all_come_back():
    seed = int(os.environ.get("EDO_TEST_SEED", time.time_ns() % 1000000))
    nodes_faults.Round(seed, SECONDS, longest=5, back_s=BACK_S, stops_s=(0, 1, 3, 5)).run()


if __name__ == "__main__":
    chat.Server.threads = 2
    chat.bounded.run(test_faults_at_random_lose_and_double_nothing_and_all_come_back, 8 * SECONDS)
