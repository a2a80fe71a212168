# SPDX-License-Identifier: MIT
"""The cases of gRPC's interop tests between edo's programs and those in peers/, of gRPC C++ and grpc-go, each of them as the
client and as the server, in clear and by TLS; and what clients of others see of a drain."""
import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE, BIN, BUILD = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BIN_DIR", "EDO_BUILD_DIR"))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
from bounded import ended, kill, line_of  # noqa: E402

PROTOS = [f"grpc/testing/{name}.proto" for name in ("empty", "messages", "test")]
NAME = "foo.test.google.fr"
CASES = """empty_unary large_unary client_compressed_unary server_compressed_unary client_streaming
    client_compressed_streaming server_streaming server_compressed_streaming ping_pong empty_stream custom_metadata
    status_code_and_message special_status_message unimplemented_method unimplemented_service cancel_after_begin
    cancel_after_first_response timeout_on_sleeping_server concurrent_large_unary rpc_soak channel_soak""".split()
PLAIN_CASES = [name for name in CASES if "_compressed_" not in name]
TLS_CASES = ["empty_unary", "large_unary", "ping_pong", "status_code_and_message", "channel_soak"]


def skip(why):
    print("skipped:", why)
    sys.exit(77)


def program(name):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        skip(f"{name} is not built here")
    return path


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode:
        raise AssertionError(f"{command[0]}: {done.stdout}")


def built(name, make):
    """The path of peers/NAME as a program. make(folder, source, to) builds it, unless it is newer than its source; only one
    test does so at a time, the others wait for it."""
    source = os.path.join(SOURCE, "tests/grpc/peers", name)
    folder = os.path.join(BUILD, "grpc-peers", name.partition(".")[2])
    made = os.path.join(folder, "interop")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(source):
            make(folder, source, made + ".new")
            os.rename(made + ".new", made)
    return made


def made_of_protos(folder, *options):
    run("protoc", "-I" + os.path.join(SOURCE, "tests/grpc/vectors"), *options, *PROTOS, cwd=folder)


def make_cpp(folder, source, to):
    plugin = shutil.which("grpc_cpp_plugin")
    made_of_protos(folder, "--cpp_out=.", "--grpc_out=.", "--plugin=protoc-gen-grpc=" + plugin)
    run("c++", "-std=c++17", "-O1", "-I.", "-o", to, source, "grpc/testing/empty.pb.cc",
        "grpc/testing/messages.pb.cc", "grpc/testing/test.pb.cc", "grpc/testing/test.grpc.pb.cc", "-lgrpc++", "-lgrpc",
        "-lgpr", "-labsl_synchronization", "-lprotobuf", "-pthread", cwd=folder)


def make_go(folder, source, to):
    made_of_protos(folder, "--go_out=plugins=grpc,import_path=main:.")
    files = [shutil.copy(path, folder) for path in [source, *pathlib.Path(folder, "grpc/testing").glob("*.pb.go")]]
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOTOOLCHAIN": "local"}
    run("go", "build", "-trimpath", "-o", to, *files, cwd=folder, env=env)


def cpp():
    if not (shutil.which("grpc_cpp_plugin") and shutil.which("protoc") and os.path.exists("/usr/include/grpcpp/grpcpp.h")):
        skip("no gRPC C++ (Debian: libgrpc++-dev, protobuf-compiler-grpc)")
    return built("interop.cpp", make_cpp)


def go():
    if not (shutil.which("go") and shutil.which("protoc-gen-go") and shutil.which("protoc") and
            os.path.exists("/usr/share/gocode/src/google.golang.org/grpc")):
        skip("no grpc-go (Debian: golang-go, golang-google-grpc-dev, golang-goprotobuf-dev)")
    print("not shown by grpc-go:", *(name for name in CASES if "_compressed_" in name))
    return built("interop.go", make_go)


@contextlib.contextmanager
def certificate():
    with tempfile.TemporaryDirectory() as folder:
        cert, key = (os.path.join(folder, name) for name in ("cert.pem", "key.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", key, "-out", cert, "-subj", "/CN=" + NAME, "-addext", "subjectAltName=DNS:" + NAME],
                       check=True, stderr=subprocess.DEVNULL)
        yield (["--use_tls", "--tls_cert_file=" + cert, "--tls_key_file=" + key],
               ["--use_tls", "--use_test_ca", "--ca_file=" + cert, "--server_host_override=" + NAME])


@contextlib.contextmanager
def server(path, *arguments):
    """Starts a server, and has its port; the end of its input, or SIGTERM, ends it."""
    process = subprocess.Popen([path, "--port=0", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield line_of(process.stdout, "the address").strip().rpartition(":")[2]
        if path.startswith(BIN):
            process.terminate()
        process.stdin.close()
        status = ended(process)
        assert status == 0, f"the server has ended with {status}"
    finally:
        kill(process)


def command(client, port, name):
    return [client, "--server_host=127.0.0.1", "--server_port=" + port, "--test_case=" + name, "--soak_iterations=10"]


def cases(client, port, names, *arguments):
    """Runs each case; says at the end which have failed."""
    failed = []
    for name in names:
        call = subprocess.run([*command(client, port, name), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=60, check=False)
        print(f"{name}: {'passed' if call.returncode == 0 else 'FAILED'}", call.stdout if call.returncode else "")
        if call.returncode:
            failed.append(name)
    assert not failed, f"failed: {failed}"


def clients_in_clear(client, names):
    with server(program("edo-grpc-interop-server")) as port:
        cases(client, port, names)


def clients_by_tls(client):
    with certificate() as (pair, trust), server(program("edo-grpc-interop-server"), *pair) as port:
        cases(client, port, TLS_CASES, *trust)


def client_during_a_drain(client):
    """Streams that the server sends to when it drains: each ends with UNAVAILABLE, by which its caller begins it elsewhere."""
    with contextlib.ExitStack() as stack:
        with server(program("edo-grpc-interop-server")) as port:
            call = subprocess.Popen(command(client, port, "drain"), stdout=subprocess.PIPE)
            stack.callback(kill, call)
            begun = line_of(call.stdout, "streams that have begun")
            assert begun == "begun\n", begun
        status = ended(call)  # which has a bound
        assert status == 0, call.stdout.read()


def servers_in_clear(path, names):
    client = program("edo-grpc-interop-client")
    with server(path) as port:
        cases(client, port, names)


def servers_by_tls(path):
    client = program("edo-grpc-interop-client")
    with certificate() as (pair, trust), server(path, *pair) as port:
        cases(client, port, TLS_CASES, *trust)


def test_cpp_client_in_clear():
    clients_in_clear(cpp(), [*CASES, "half_duplex"])


def test_cpp_client_by_tls():
    clients_by_tls(cpp())


def test_cpp_server_in_clear():
    servers_in_clear(cpp(), CASES)


def test_cpp_server_by_tls():
    servers_by_tls(cpp())


def test_cpp_client_during_a_drain():
    client_during_a_drain(cpp())


def test_go_client_in_clear():
    clients_in_clear(go(), PLAIN_CASES)


def test_go_client_by_tls():
    clients_by_tls(go())


def test_go_client_during_a_drain():
    client_during_a_drain(go())


def test_go_server_in_clear():
    servers_in_clear(go(), PLAIN_CASES)


def test_go_server_by_tls():
    servers_by_tls(go())


if __name__ == "__main__":
    globals()[sys.argv[1]]()
