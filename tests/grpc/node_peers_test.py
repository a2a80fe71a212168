# SPDX-License-Identifier: MIT
"""The cases of gRPC's interop tests between edo's programs and libraries of Node: @grpc/grpc-js and @connectrpc/connect-node, each of
them as the client and as the server, connect-node by its three protocols: gRPC, gRPC-Web and Connect."""
import os
import shutil
import sys

SOURCE = os.environ["EDO_SOURCE_DIR"]
sys.path[:0] = [os.path.join(SOURCE, "tests", "grpc"), os.path.join(SOURCE, "tests", "support")]
import npm  # noqa: E402
import peers_test as peers  # noqa: E402

PACKAGES = ["@grpc/grpc-js@1.14.1", "@grpc/proto-loader@0.8.0", "@bufbuild/protobuf@2.10.0", "@connectrpc/connect@2.1.1",
            "@connectrpc/connect-node@2.1.1"]
SOURCES = ["interop.mjs", "grpc_js.mjs", "connect_node.mjs"]
COMPRESSED = [name for name in peers.CASES if "_compressed_" in name]


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
    if not shutil.which("protoc"):
        npm.skip("no protoc (Debian: protobuf-compiler)")
    with npm.packages("grpc-peers/node", *PACKAGES) as folder:
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


def test_grpc_js_client_during_a_drain():
    peers.client_during_a_drain(program("grpc_js"))


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


def test_connect_node_client_during_a_drain():
    for library in "connect_grpc", "connect_web", "connect":
        peers.client_during_a_drain(program(library))


def test_connect_node_server_in_clear():
    peers.servers_in_clear(program("connect_grpc"), peers.PLAIN_CASES)


def test_connect_node_server_by_tls():
    peers.servers_by_tls(program("connect_grpc"))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
