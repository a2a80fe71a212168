# SPDX-License-Identifier: MIT
# Three shops: one is killed, one is stopped, one is started anew, and none of the calls fails meanwhile. Shops that
# the file does not list any more get no calls.
exec python3 - "$@" <<'PY'
import atexit, http.client, os, signal, socket, subprocess, sys, tempfile, threading, time

WAIT = 60
PROGRAM = sys.argv[1:]
folder = tempfile.TemporaryDirectory()
listing = os.path.join(folder.name, "shops.txt")

def start(*args):
    process = subprocess.Popen(PROGRAM + list(args), stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    line = process.stdout.readline()
    assert line.startswith("http://"), (args, line)
    return process, line.strip().removeprefix("http://")

def reserved():
    """A port that nobody else gets, also while no shop listens there."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s

def lists(addresses):
    with open(listing + ".new", "w") as f:
        f.writelines(a + "\n" for a in addresses)
    os.rename(listing + ".new", listing)

NAMES = ["Ann", "Ben", "Cid"]
kept = [reserved() for _ in NAMES]
addresses = ["127.0.0.1:%d" % s.getsockname()[1] for s in kept]
shops = {name: start("shop", at, name)[0] for name, at in zip(NAMES, addresses)}
lists(addresses)
page, at = start("127.0.0.1:0", listing)

seen = {}            # by name, how many answers
failed, done = [], threading.Event()

def ask(client):
    client.request("GET", "/price/tea")
    response = client.getresponse()
    body = response.read().decode()
    return body.split(":")[0] if response.status == 200 else "%d %s" % (response.status, body)

def customer():
    client = http.client.HTTPConnection(at, timeout=WAIT)
    while not done.is_set():
        name = ask(client)
        if name in shops:
            seen[name] = seen.get(name, 0) + 1
        else:
            failed.append(name)
    client.close()

def until(what, look):
    end = time.monotonic() + WAIT
    while not look():
        assert not failed, failed[:3]
        assert time.monotonic() < end, (what, seen)
        time.sleep(0.01)

def all_sell(names):
    """Each of them sells from now on."""
    seen.clear()
    until("all of %s sell" % names, lambda: set(names) <= set(seen))

def only(names):
    """Nobody else sells any more; a call that began before may still end."""
    def nobody_else():
        seen.clear()
        until("calls", lambda: sum(seen.values()) > 200)
        return set(seen) <= set(names)
    until("only %s sell" % names, nobody_else)

customers = [threading.Thread(target=customer, daemon=True) for _ in range(4)]
for c in customers:
    c.start()
all_sell(NAMES)
shops["Ann"].kill()
shops["Ann"].wait(WAIT)
only(["Ben", "Cid"])
shops["Ben"].send_signal(signal.SIGSTOP)
only(["Cid"])
shops["Ann"], _ = start("shop", addresses[0], "Ann")
all_sell(["Ann", "Cid"])
shops["Ben"].send_signal(signal.SIGCONT)
all_sell(NAMES)
lists(addresses[1:])
only(["Ben", "Cid"])
done.set()
for c in customers:
    c.join(WAIT)
assert not failed, failed[:3]
page.terminate()
assert page.wait(WAIT) == 0, page.returncode
for shop in shops.values():
    shop.terminate()
PY
