# SPDX-License-Identifier: MIT
# Twenty buyers of five cakes: five are sold, fifteen are told that there are none; what is there is listed; a second
# start finds the tables. Skipped without PostgreSQL.
exec python3 - "$@" <<'PY'
import atexit, concurrent.futures, glob, http.client, json, os, shutil, signal, subprocess, sys, tempfile, time

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


def start():
    shop = subprocess.Popen(sys.argv[1:] + [f"host={folder} user=edo dbname=postgres", "127.0.0.1:0"],
                            stdout=subprocess.PIPE, text=True)
    atexit.register(shop.kill)
    return shop, int(shop.stdout.readline().rsplit(":", 1)[1])


def ask(method, path, body=None):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request(method, path, body, {"content-type": "application/json"} if body else {})
    response = client.getresponse()
    text = response.read().decode()
    client.close()
    return response.status, text


shop, port = start()
with concurrent.futures.ThreadPoolExecutor(20) as buyers:
    sold = list(buyers.map(lambda _: ask("POST", "/orders", '{"item":2,"n":1}')[0], range(20)))
assert sorted(sold) == [201] * 5 + [409] * 15, sold
assert ask("POST", "/orders", '{"item":2,"n":0}')[0] == 422
status, text = ask("GET", "/items")
assert status == 200 and [json.loads(line) for line in text.splitlines()] == [
    {"id": 2, "name": "cake", "stock": 0}, {"id": 1, "name": "tea", "stock": 100}], text
status, told = ask("GET", "/report")
assert status == 200 and json.loads(told) == {"goods": 2, "orders": 5}, told
shop.send_signal(signal.SIGTERM)
assert shop.wait(30) == 0
shop, port = start()
assert ask("GET", "/items")[1] == text
shop.send_signal(signal.SIGTERM)
assert shop.wait(30) == 0
PY
