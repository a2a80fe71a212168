# SPDX-License-Identifier: MIT
# An event comes in spite of a server that is busy and one that breaks off, each time by the same key, and signed as
# Python signs it; what will not change is tried once; nobody on this machine is told anything without --private. The
# receiver takes what is signed, once, and nothing else.
exec python3 - "$@" <<'PY'
import atexit, base64, hashlib, hmac, http.client, http.server, json, os, subprocess, sys, threading, time, uuid

KEY = bytes(range(32))
environment = {n: v for n, v in os.environ.items() if not n.lower().endswith("_proxy")}
environment["WEBHOOK_SECRET"] = "whsec_" + base64.b64encode(KEY).decode()


def signature(id, at, body, key=KEY):
    mac = hmac.new(key, b"%s.%s.%s" % (id.encode(), str(at).encode(), body), hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


# The example of the specification: Python signs as others do.
assert signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}',
                 base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")) == \
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        id, at = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        assert abs(at - time.time()) < 60, at
        assert self.headers["webhook-signature"] == signature(id, at, body), self.headers
        assert id == self.headers["Idempotency-Key"]
        seen.append((self.path, id, json.loads(body), self.headers["Content-Type"]))
        what = plan.pop(0)
        if what == "cut":
            self.close_connection = True
            return
        self.send_response(what)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def run(*args, **more):
    return subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=100,
                          env=dict(environment, **more))


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d/hook" % server.server_address[1]

    def tell(steps, *first):
        global plan, seen
        plan, seen = list(steps), []
        return run(*first, url, "paid", "42")

    done = tell([503, "cut", 204], "--private")
    assert (done.returncode, done.stdout) == (0, "delivered\n"), done
    assert len(seen) == 3 and len({key for _, key, _, _ in seen}) == 1 and len(seen[0][1]) == 36, seen
    assert all(s[0] == "/hook" and s[2] == {"kind": "paid", "number": 42} for s in seen), seen
    assert seen[0][3].startswith("application/json"), seen
    key = seen[0][1]
    for status in 400, 410, 307:
        done = tell([status], "--private")
        assert done.returncode == 1 and str(status) in done.stderr and len(seen) == 1, (done, seen)
        assert seen[0][1] != key, seen
    done = tell([500] * 4, "--private")
    assert done.returncode == 1 and "500" in done.stderr and len(seen) == 4, (done, seen)
    done = tell([])
    assert done.returncode == 1 and "EACCES" in done.stderr and not seen, (done, seen)
    for secret in "", "whsec_", "whsec_c2hvcnQ=", "whsec_" + "A" * 31, base64.b64encode(KEY).decode():
        done = run("--private", url, "paid", "42", WEBHOOK_SECRET=secret)
        assert done.returncode == 1 and "WEBHOOK_SECRET" in done.stderr, done
    server.shutdown()

# ---- The receiver ----

receiver = subprocess.Popen(sys.argv[1:] + ["--receive", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True,
                            env=environment)
atexit.register(receiver.kill)
base = receiver.stdout.readline().strip()
BODY = b'{"kind":"paid","number":7}'


def post(body=BODY, signed=BODY, id=None, age=0, key=KEY, **fields):
    """Posts `body` with the signature of `signed`, made `age` seconds ago; a field that is None is left out."""
    id, at = id or str(uuid.uuid4()), int(time.time()) - age
    usual = {"webhook_id": id, "webhook_timestamp": str(at), "webhook_signature": signature(id, at, signed, key)}
    headers = {name.replace("_", "-"): value for name, value in (usual | fields).items() if value is not None}
    asked = http.client.HTTPConnection(base[7:], timeout=30)
    asked.request("POST", "/hook", body, headers | {"content-type": "application/json"})
    status = asked.getresponse().status
    asked.close()
    return status


assert post(id="one") == 204 and receiver.stdout.readline() == "paid 7\n"
assert post(id="one") == 204  # again: it is not printed
assert post(body=BODY.replace(b"7", b"8")) == 401
assert post(key=bytes(32)) == 401
for name in "webhook_id", "webhook_timestamp", "webhook_signature":
    assert post(**{name: None}) == 401, name
assert post(webhook_timestamp="1" * 30) == 401 and post(webhook_timestamp="soon") == 401
assert post(age=3600) == 401 and post(age=-3600) == 401  # right, but of another time
assert post(webhook_signature="") == 401 and post(webhook_signature="v1, v1,AAAA v2,x ") == 401
at = int(time.time())
several = "v2,unknown v1,AAAA " + signature("two", at, BODY) + " v1,BBBB"
assert post(id="two", webhook_timestamp=str(at), webhook_signature=several) == 204
assert receiver.stdout.readline() == "paid 7\n"
assert post(id="x" * 100) == 400
assert post(body=b"[1]", signed=b"[1]", id="bad") == 422 and post(body=b"", signed=b"", id="none") in (400, 422)
done = run("--private", base + "/hook", "sold", "9")
assert (done.returncode, done.stdout) == (0, "delivered\n"), done
assert receiver.stdout.readline() == "sold 9\n"
done = run("--private", base + "/hook", "sold", "9", WEBHOOK_SECRET="whsec_" + base64.b64encode(bytes(32)).decode())
assert done.returncode == 1 and "401" in done.stderr, done
receiver.terminate()
assert receiver.wait(30) == 0 and receiver.stdout.read() == "", receiver.returncode
PY
