# SPDX-License-Identifier: MIT
"""Goal: over three nodes, PostgreSQL and Redis nothing that was acknowledged is lost, nothing is doubled, and all see one order,
whatever of them dies, stands still, is cut off, or is full; everybody is back soon, and nobody has to reload the page.
Method: two minutes of nodes_faults.py, with a seed of its own each time (EDO_TEST_SEED repeats one). scripts/soak has an hour."""
import os
import time

import chat
import nodes_faults

SECONDS = 120
BACK_S = 60  # the machine may be loaded: soak_nodes.py has the 15 s that are promised


def test_faults_at_random_lose_and_double_nothing_and_all_come_back():
    seed = int(os.environ.get("EDO_TEST_SEED", time.time_ns() % 1000000))
    nodes_faults.Round(seed, SECONDS, longest=5, back_s=BACK_S).run()


if __name__ == "__main__":
    chat.Server.threads = 2
    chat.bounded.run(test_faults_at_random_lose_and_double_nothing_and_all_come_back, 8 * SECONDS)
