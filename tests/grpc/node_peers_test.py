# SPDX-License-Identifier: MIT
"""The cases of gRPC's interop tests between edo's programs and libraries of Node: @grpc/grpc-js and @connectrpc/connect-node, each of
them as the client and as the server, connect-node by its three protocols: gRPC, gRPC-Web and Connect."""
import fcntl
import os
import shutil
import subprocess
import sys

SOURCE, BIN, BUILD = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BIN_DIR", "EDO_BUILD_DIR"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "grpc"))
import peers_test as peers  # noqa: E402

PACKAGES = ["@grpc/grpc-js@1.14.1", "@grpc/proto-loader@0.8.0", "@bufbuild/protobuf@2.10.0", "@connectrpc/connect@2.1.1",
            "@connectrpc/connect-node@2.1.1"]
SOURCES = ["interop.mjs", "grpc_js.mjs", "connect_node.mjs"]
COMPRESSED = [name for name in peers.CASES if "_compressed_" in name]


def installed(folder):
    """Brings the packages of npm; only one test does so at a time, the others wait for it."""
    done = os.path.join(folder, "installed")
    wanted = " ".join(PACKAGES)
    if os.path.exists(done) and open(done, encoding="ascii").read() == wanted:
        return
    try:
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, *PACKAGES],
                       check=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        peers.skip("npm could not install " + wanted)
    with open(done, "w", encoding="ascii") as made:
        made.write(wanted)


def prepared(folder):
    """Puts the sources there, unless they are: other tests may run them."""
    done = os.path.join(folder, "prepared")
    sources = [os.path.join(SOURCE, "tests/grpc/peers", name) for name in SOURCES]
    if os.path.exists(done) and os.path.getmtime(done) > max(os.path.getmtime(path) for path in [*sources, __file__]):
        return
    for path in sources:
        shutil.copy(path, folder)
    shutil.copytree(os.path.join(SOURCE, "tests/grpc/vectors/grpc"), os.path.join(folder, "grpc"), dirs_exist_ok=True)
    peers.made_of_protos(folder, "--include_imports", "--descriptor_set_out=test.pb")
    with open(done, "w", encoding="ascii"):
        pass


def program(library):
    """A program that is started like the others, with a library of Node in it."""
    if not (shutil.which("node") and shutil.which("npm") and shutil.which("protoc")):
        peers.skip("no node, npm or protoc (Debian: nodejs, npm, protobuf-compiler)")
    folder = os.path.join(BUILD, "grpc-peers", "node")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed(folder)
        prepared(folder)
        path = os.path.join(folder, library)
        with open(path + ".new", "w", encoding="ascii") as script:
            script.write(f'#!/bin/sh\nexec node "{folder}/interop.mjs" --library={library} "$@"\n')
        os.chmod(path + ".new", 0o755)
        os.rename(path + ".new", path)
    print("not shown by this library:", *COMPRESSED)
    return path


def test_grpc_js_client_in_clear():
    peers.clients_in_clear(program("grpc_js"), peers.PLAIN_CASES)


def test_grpc_js_client_by_tls():
    peers.clients_by_tls(program("grpc_js"))


def test_grpc_js_server_in_clear():
    peers.servers_in_clear(program("grpc_js"), peers.PLAIN_CASES)


def test_grpc_js_server_by_tls():
    peers.servers_by_tls(program("grpc_js"))


def test_connect_node_client_by_grpc():
    peers.clients_in_clear(program("connect_grpc"), peers.PLAIN_CASES)


def test_connect_node_client_by_grpc_web():
    peers.clients_in_clear(program("connect_web"), peers.PLAIN_CASES)


def test_connect_node_client_by_connect():
    peers.clients_in_clear(program("connect"), peers.PLAIN_CASES)


def test_connect_node_client_by_connect_and_tls():
    peers.clients_by_tls(program("connect"))


def test_connect_node_server_in_clear():
    peers.servers_in_clear(program("connect_grpc"), peers.PLAIN_CASES)


def test_connect_node_server_by_tls():
    peers.servers_by_tls(program("connect_grpc"))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
