# SPDX-License-Identifier: MIT
# The test of the routes, twice on one server. Skipped without PostgreSQL.
exec python3 -B - "$@" <<'PY'
import os, subprocess, sys

sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import postgres

database = postgres.Postgres()
for _ in range(2):
    told = subprocess.run([*sys.argv[1:], database.url], stdout=subprocess.PIPE, text=True)
    assert told.returncode == 0 and told.stdout == "passed\n", told
PY
