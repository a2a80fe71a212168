# SPDX-License-Identifier: MIT
"""--node: what operators call a server, in what it tells them; without it nothing is said of that."""
import chat
from chat import Server
from web import ask, number


def test_node_tells_its_name_to_operators():
    with Server("--node", "Chat-2.eu_a", "--log", "info", web=True) as server:
        assert ask(server, "GET", "/readyz")[::2] == (200, b"ok Chat-2.eu_a\n")
        assert ask(server, "GET", "/healthz")[2]["instance"] == "Chat-2.eu_a"
        assert number(server, 'chat_node_info{node="Chat-2.eu_a"}') == 1
        assert server.until_logged("starting").count("Chat-2.eu_a") == 1


def test_node_without_a_name_tells_none():
    with Server(web=True) as server:
        assert ask(server, "GET", "/readyz")[::2] == (200, b"ok\n")
        assert "instance" not in ask(server, "GET", "/healthz")[2]
        assert b"chat_node" not in ask(server, "GET", "/metrics")[2]


def test_name_that_is_none_is_refused():
    for name in ("", "a b", "ä", "x'y", "a/b", "x" * 33):
        status, _, errors = chat.run("--tcp", "127.0.0.1:0", "--http", "none", "--node", name)
        assert status == 2 and "--node" in errors, (name, status, errors)


if __name__ == "__main__":
    chat.main()
