# SPDX-License-Identifier: MIT
# The test of the routes, twice on one server. Skipped without PostgreSQL.
exec python3 - "$@" <<'PY'
import atexit, glob, os, shutil, signal, subprocess, sys, tempfile, time

found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
if not found:
    print("skipped: PostgreSQL is not installed")
    sys.exit(77)
binaries = os.path.dirname(found[-1])
folder = tempfile.mkdtemp()
atexit.register(shutil.rmtree, folder, ignore_errors=True)
other = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}  # postgres refuses root
if other:
    os.chown(folder, 65534, 65534)
data = os.path.join(folder, "data")
log = open(os.path.join(folder, "log"), "wb")
subprocess.run([f"{binaries}/initdb", "-D", data, "--no-sync", "-A", "trust", "-U", "edo", "--locale=C", "-E", "UTF8"],
               check=True, cwd="/", stdout=log, stderr=log, **other)
postgres = subprocess.Popen([f"{binaries}/postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-F"],
                            cwd="/", stdout=log, stderr=log, **other)
atexit.register(postgres.wait)
atexit.register(postgres.send_signal, signal.SIGQUIT)
pid_file = os.path.join(data, "postmaster.pid")
for _ in range(3000):
    if os.path.exists(pid_file) and "ready" in open(pid_file).read():
        break
    time.sleep(0.01)

for _ in range(2):
    told = subprocess.run(sys.argv[1:] + [f"host={folder} user=edo dbname=postgres"], stdout=subprocess.PIPE, text=True)
    assert told.returncode == 0 and told.stdout == "passed\n", told
PY
