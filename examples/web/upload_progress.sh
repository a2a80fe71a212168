# SPDX-License-Identifier: MIT
# curl uploads files; a bad name, a name that is taken, and an upload that is broken off leave nothing;
# the server's memory does not grow with a file.
if ! command -v curl >/dev/null; then
    echo "curl is not installed: not tested"
    exit 77
fi
exec python3 - "$@" <<'PY'
import atexit, os, shutil, socket, subprocess, sys, tempfile, time
sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import bounded

top = tempfile.mkdtemp()
atexit.register(shutil.rmtree, top)
store = os.path.join(top, "store")
os.makedirs(store)
held = bounded.Held()
server = subprocess.Popen(sys.argv[1:] + [store, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=held.env)
atexit.register(server.kill)
base = server.stdout.readline().strip()


def curl(path, *args):
    """Returns the status and the body."""
    got = subprocess.run(["curl", "-sS", "-m", "30", "-w", "%{http_code}", *args, base + path],
                         capture_output=True, check=True).stdout
    return int(got[-3:]), got[:-3].decode()


def make(name, data):
    path = os.path.join(top, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def stored(name):
    with open(os.path.join(store, name), "rb") as f:
        return f.read()


def until_files(n):
    end = time.monotonic() + 30
    while len(os.listdir(store)) != n:
        assert time.monotonic() < end, os.listdir(store)
        time.sleep(0.01)


assert "<progress" in curl("/")[1]
small, tricky = make("small", b"hello"), make("tricky", b"\r\n--\r\n--x\r\n" * 5000)
assert curl("/upload", "-F", f"file=@{small}", "-F", "note=1", "-F", f"file=@{tricky}") == (201, "2 files, 55005 bytes\n")
assert stored("small") == b"hello" and stored("tricky") == b"\r\n--\r\n--x\r\n" * 5000
held.begin()
large = os.urandom(1 << 20) * 48
assert curl("/upload", "-F", f"file=@{make('large', large)}")[0] == 201
assert stored("large") == large
assert held.grown() < 4 << 20, f"{held.grown()} bytes for a file of {len(large)}"
assert curl("/upload", "-F", f"file=@{small}")[0] == 409
for name in ["../evil", "/etc/evil", ".hidden", "a/b"]:
    assert curl("/upload", "-F", f"file=@{small};filename={name}")[0] == 422, name
assert curl("/upload", "-F", f"file=@{small};filename=n\u00e4me \"x\".txt")[0] == 201
assert curl("/upload", "-d", "x=1")[0] == 415
host, port = base.rsplit("/", 1)[1].split(":")
with socket.create_connection((host, int(port))) as s:  # leaves amid a file
    s.sendall(b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-length: 9999\r\n"
              b"content-type: multipart/form-data; boundary=b\r\n\r\n"
              b"--b\r\ncontent-disposition: form-data; name=file; filename=half\r\n\r\nhalf of it")
    until_files(5)
until_files(4)
assert sorted(os.listdir(store)) == ["large", "n\u00e4me \"x\".txt", "small", "tricky"], os.listdir(store)
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
