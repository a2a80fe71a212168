# SPDX-License-Identifier: MIT
"""The page over HTTPS: --tls-cert and --tls-key."""
import http.client
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile

import chat
import web
from chat import Server


class Pair:
    """A certificate for `localhost`, signed by itself, and its key, in files."""

    def __init__(self, name="first"):
        if not shutil.which("openssl"):
            print("skipped: there is no openssl")
            sys.exit(77)
        self.folder = tempfile.TemporaryDirectory()
        self.cert, self.key = (os.path.join(self.folder.name, part) for part in ("cert.pem", "key.pem"))
        self.options = ["--tls-cert", self.cert, "--tls-key", self.key]
        self.make(name)

    def make(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-keyout", self.key + ".new", "-out", self.cert + ".new", "-subj", f"/CN={name}",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
        os.rename(self.key + ".new", self.key)
        os.rename(self.cert + ".new", self.cert)

    def context(self):
        return ssl.create_default_context(cafile=self.cert)


class SecurePage(web.Page):
    """A page whose socket is one of TLS."""

    pair = None

    def shake_hands(self, host, **fields):
        self.socket = self.pair.context().wrap_socket(self.socket, server_hostname="localhost")
        return super().shake_hands(host, **fields)


def shown_at(address, pair):
    """The name in the certificate that a new connection is shown; None: it is not trusted."""
    try:
        with socket.create_connection(address, chat.WAIT) as plain, \
                pair.context().wrap_socket(plain, server_hostname="localhost") as s:
            return dict(part[0] for part in s.getpeercert()["subject"])["commonName"]
    except ssl.SSLCertVerificationError:
        return None


def until_shown(address, pair, name):
    chat.until(f"the certificate {name}", lambda: shown_at(address, pair), lambda seen: seen == name)


def test_page_and_its_socket_come_by_https():
    pair = Pair()
    SecurePage.pair = pair
    with Server(*pair.options, web=True) as server:
        asked = http.client.HTTPSConnection(*server.web, timeout=chat.WAIT, context=pair.context())
        asked.request("GET", "/")
        page = asked.getresponse()
        assert page.status == 200 and b"<html" in page.read().lower()
        assert page.getheader("strict-transport-security").startswith("max-age="), page.headers
        asked.close()
        with SecurePage(server, {"nick": "ann"}, origin=f"https://localhost:{server.web[1]}",
                        host=f"localhost:{server.web[1]}") as ann:
            bob = server.client()
            ann.until("joined")
            ann.say("hello by TLS")
            bob.until("ann: hello by TLS")
            bob.send("hello by lines")
            ann.expect("message", text="hello by lines")


def test_certificate_is_renewed_by_a_change_of_its_files_and_by_hup():
    pair = Pair()
    SecurePage.pair = pair
    with Server(*pair.options, web=True) as server:
        with SecurePage(server, {"nick": "ann"}) as ann:
            assert shown_at(server.web, pair) == "first"
            pair.make("second")
            until_shown(server.web, pair, "second")
            pair.make("third")
            server.process.send_signal(signal.SIGHUP)
            until_shown(server.web, pair, "third")
            ann.say("still here")  # it comes back


def test_new_pair_that_does_not_fit_is_named_and_the_old_one_goes_on():
    pair, other = Pair(), Pair("other")
    why = f"{pair.cert}: the key belongs to another certificate"
    with Server(*pair.options, web=True) as server:
        shutil.copyfile(other.key, pair.key)
        chat.until("the watch names it", server.errors, lambda said: f"the old ones go on: {why}" in said)
        server.process.send_signal(signal.SIGHUP)
        chat.until("SIGHUP names it", server.errors, lambda said: f"the old certificate goes on: {why}" in said)
        assert shown_at(server.web, pair) == "first"


def test_pair_that_is_not_right_is_named_at_the_start():
    pair = Pair()
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
    other = Pair("other")
    for options, said in ((["--tls-cert", pair.cert], "--tls-cert and --tls-key go together"),
                          (["--tls-cert", pair.cert, "--tls-key", other.key], "the key belongs to another certificate"),
                          (["--tls-cert", "/nowhere/x.pem", "--tls-key", pair.key],
                           "/nowhere/x.pem: No such file or directory"),
                          (["--tls-cert", "/", "--tls-key", pair.key], "edo-chat: /: Is a directory")):
        done = subprocess.run([program, "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", *options],
                              capture_output=True, text=True, timeout=chat.WAIT)
        assert done.returncode in (1, 2) and said in done.stderr, (done.returncode, done.stderr)


if __name__ == "__main__":
    chat.main()
