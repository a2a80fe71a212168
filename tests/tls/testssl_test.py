# SPDX-License-Identifier: MIT
"""testssl.sh, which tries what is known against servers of TLS, finds nothing in the example `tls_files` that it calls
worse than LOW, with a certificate of a test CA. What it says of DNS and of its own openssl is not counted."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import served  # noqa: E402
from served import bounded, need, until  # noqa: E402

WAIT = 300
CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
authorityInfoAccess = OCSP;URI:http://127.0.0.1:1/ocsp
crlDistributionPoints = URI:http://127.0.0.1:1/crl
"""
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=served.WAIT)


def make_pair(folder):
    (folder / "conf").write_text(CONFIG)
    openssl(folder, "req", "-x509", *EC, "-keyout", "ca.key", "-out", "ca.pem", "-days", "365", "-subj", "/CN=test CA",
            "-config", "conf", "-extensions", "ca")
    openssl(folder, "req", *EC, "-keyout", "key.pem", "-out", "csr", "-subj", "/CN=localhost", "-config", "conf")
    openssl(folder, "x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "cert.pem", "-days", "120", "-extfile", "conf", "-extensions", "leaf")


def is_counted(finding):
    bad = finding["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")  # WARN: a look of its own that failed
    return bad and not finding["id"].startswith(("DNS_", "engine_"))


def port_of(said):
    """The port of the server of HTTPS, from what the program says when it listens; None: it does not yet."""
    found = re.search(r"files on https://127\.0\.0\.1:(\d+)", said.read_text())
    return found and int(found[1])


def test_testssl_finds_nothing():
    need("testssl", "openssl", "host")
    with tempfile.TemporaryDirectory() as at:
        folder = pathlib.Path(at)
        make_pair(folder)
        (folder / "www").mkdir()
        (folder / "www" / "index.html").write_text("<!doctype html><title>hello</title>")
        said = folder / "said"
        program = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "tls_files")
        with open(said, "wb") as errors:
            server = subprocess.Popen([program, folder / "www", folder / "cert.pem", folder / "key.pem", "127.0.0.1:0",
                                       "127.0.0.1:0"], stdout=errors, stderr=errors)
        try:
            port = until("it listens", lambda: port_of(said))
            found = folder / "found.json"
            subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--add-ca", folder / "ca.pem",
                            "--jsonfile", found, "--ip", "127.0.0.1", f"localhost:{port}"],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT, check=False)
        finally:
            bounded.kill(server)
        findings = json.loads(found.read_text())
        assert len(findings) > 100, findings
        worse = [(f["severity"], f["id"], f["finding"]) for f in findings if is_counted(f)]
        assert not worse, worse


if __name__ == "__main__":
    served.main("1")
