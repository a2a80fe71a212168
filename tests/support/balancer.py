# SPDX-License-Identifier: MIT
"""A balancer of TCP connections, as a test needs one: each goes to the next of its targets that is in, and may begin with a
header for that."""
import contextlib
import socket
import threading

from bounded import WAIT


class Balancer:
    """At `address`, on a free port, for `targets`, which are addresses. `header` is sent to a target before anything else."""

    def __init__(self, *targets, header=b""):
        self.lock = threading.Lock()
        self.targets, self.next, self.header = list(targets), 0, header
        self.sockets = set()  # lock: lock
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = self.listener.getsockname()
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def set_targets(self, targets):
        """New connections go to these; the others go on."""
        with self.lock:
            self.targets = list(targets)

    def choose(self):
        """The targets, beginning with the one whose turn it is."""
        with self.lock:
            self.next += 1
            n = self.next % max(len(self.targets), 1)
            return self.targets[n:] + self.targets[:n]

    def accept(self):
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def connected(self):
        """To the first target that takes it; None: to none."""
        for target in self.choose():
            with contextlib.suppress(OSError):
                return socket.create_connection(target, WAIT)
        return None

    def serve(self, client):
        server = self.connected()
        if not server:
            return client.close()
        for s in (client, server):
            s.settimeout(None)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.sockets |= {client, server}
        with contextlib.suppress(OSError):
            server.sendall(self.header)
        back = threading.Thread(target=self.pump, args=(server, client), daemon=True)
        back.start()
        self.pump(client, server)
        back.join()
        with self.lock:
            self.sockets -= {client, server}
        client.close()
        server.close()

    @staticmethod
    def pump(source, to):
        """Until the source has ended; a connection that is broken ends both ways."""
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            for s in (source, to):
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for s in self.sockets:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
