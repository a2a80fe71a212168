# SPDX-License-Identifier: MIT
# Three requests, of which one finds nothing, are in the text, and the connection that asks for it;
# promtool, where it is installed, has nothing to say against the text.
exec python3 - "$@" <<'PY'
import atexit, http.client, shutil, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

def get(path):
    client.request("GET", path)
    response = client.getresponse()
    return response, response.read().decode()

for path in "/", "/", "/nowhere":
    get(path)
response, text = get("/metrics")
assert response.getheader("content-type").startswith("text/plain; version=0.0.4"), response.headers
def line(status):
    return ('http_server_request_duration_seconds_count{http_request_method="GET",'
            f'http_route="",http_response_status_code="{status}",network_protocol_version="1.1",'
            'url_scheme="http",error_type=""}')
for wanted in (line(200) + " 2", line(404) + " 1", 'edo_http_connections{state="active"} 1',
               'edo_listener_queued{listener="web"} 0', 'edo_runtime_workers{runtime="main"}',
               "process_open_fds"):
    assert wanted in text, (wanted, text)
if shutil.which("promtool"):
    subprocess.run(["promtool", "check", "metrics"], input=text, text=True, check=True)
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
