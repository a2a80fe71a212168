# SPDX-License-Identifier: MIT
"""What is written to a person goes to nobody else who has the name by now: pages write to ids, and who writes to a
name alone is asked once it is another's."""
import chat
import over
from chat import Server
from web import Page

ASKED = "* error: not sent, as bob may be another person now; the same line again goes to that one"


def stranger_called(server, name):
    """Another person who has that name, which those in #general are not shown."""
    stranger = server.client()
    stranger.join("far")
    stranger.rename(name)
    return stranger


def gone(server, watcher):
    """A terminal with the name bob, which `watcher` was shown, is gone."""
    bob = server.named("bob")
    watcher.until(f"* guest-{len(server.clients)} is now bob")
    bob.send("/quit")
    watcher.until("* bob left #general")


def test_terminal_is_asked_before_a_message_goes_to_a_new_owner_of_the_name():
    with Server() as server:
        ann = server.named("ann")
        gone(server, ann)
        ann.answers("/msg bob secret", "* error: nobody is called bob")
        stranger = stranger_called(server, "bob")
        ann.settle()
        for text in "secret", "and more":  # as lines that were pasted
            assert ann.ask(f"/msg bob {text}") == ASKED
        assert stranger.settle() == []
        assert ann.ask("/msg BOB secret") == "* sent to BOB"
        assert stranger.line() == "ann -> you: secret"
        assert ann.ask("/msg bob and more") == "* sent to bob"  # it is known who has the name
        assert stranger.line() == "ann -> you: and more"
        # Once more: "* sent to" has shown the name, too.
        stranger.send("/quit")
        stranger.rest()
        third = stranger_called(server, "bob")
        ann.settle()
        assert ann.ask("/msg bob secret") == ASKED
        assert third.settle() == []


def test_terminal_is_not_asked_where_it_was_shown_the_new_owner_or_nobody():
    with Server() as server:
        ann = server.named("ann")
        gone(server, ann)
        bob = server.named("bob")  # ann is shown it
        ann.until("* guest-3 is now bob")
        assert ann.ask("/msg bob hello") == "* sent to bob"
        bob.rename("rob")
        bob.rename("bob")
        ann.until("* rob is now bob")
        assert ann.ask("/msg bob hello") == "* sent to bob"
        eve = stranger_called(server, "eve")
        eve.rename("eva")
        stranger_called(server, "eve")
        ann.settle()
        assert ann.ask("/msg eve hello") == "* sent to eve"


def test_terminal_is_asked_where_only_the_past_or_a_list_has_shown_the_name():
    with Server() as server:
        bob = server.named("bob")
        bob.send("it was me")
        bob.settle()
        bob.send("/quit")
        bob.rest()
        stranger = stranger_called(server, "bob")
        ann = server.client()  # is shown what bob has said
        assert ann.ask("/msg bob secret") == ASKED
        ann.name = "guest-3"
        ann.join("far")
        ann.send("/who")
        ann.until("* bob, guest-3")
        assert ann.ask("/msg bob hello") == "* sent to bob"
        stranger.send("/quit")
        stranger.rest()
        ann.until("* bob left #far")
        stranger_called(server, "bob")
        ann.send("/join #general")
        ann.until("* guest-3 joined #general")
        ann.settle()
        assert ann.ask("/msg bob secret") == ASKED


def test_terminal_is_asked_also_where_others_have_made_it_forget_or_it_has_come_back():
    with Server("--rate", "0") as server:
        ann = server.named("ann")
        gone(server, ann)
        stranger = stranger_called(server, "bob")
        flood = server.client()
        flood.raw(b"".join(b"/nick n%d\n" % n for n in range(600)))
        ann.until("* n598 is now n599")
        assert ann.ask("/msg bob secret") == ASKED
        assert ann.ask("/msg n599 hello") == "* sent to n599"
        fresh = server.client()
        assert fresh.ask("/msg bob hello") == "* sent to bob"
        back = server.client()
        back.send("/numbers 1 1")
        back.settle()
        assert back.ask("/msg bob secret") == ASKED
        assert back.ask("/msg n599 hello") == "* sent to n599"
        assert [line for line in stranger.settle() if "-> you" in line] == [f"{fresh.name} -> you: hello"]


def test_name_that_a_guest_had_by_its_number_is_another_persons_too():
    with Server("--rate", "0") as server:
        ann, guest = server.named("ann"), server.client()
        guest.send("/quit")
        ann.until("* guest-2 left #general")
        stranger = stranger_called(server, "Guest-2")
        server.client()
        back = server.client()
        back.send("/numbers 1 1")  # was shown others by an earlier connection
        back.settle()
        assert back.ask("/msg GUEST-2 secret") == ASKED.replace("bob", "GUEST-2")
        assert back.ask("/msg guest-4 hello") == "* sent to guest-4"  # nobody else's
        assert stranger.settle() == []


def test_pages_are_told_ids_which_a_session_keeps_and_nobody_else_gets():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        def ids():
            ann.send(type="members", room="general")
            m = ann.until("members", room="general")
            return dict(zip(m["nicks"], m["ids"], strict=True))

        with Page(server, {"nick": "bob"}) as bob:
            joined = ann.until("joined", nick="bob")["id"]
            assert ids()["bob"] == joined and len(set(ids().values())) == 2
            bob.send(type="join", room="tea")
            assert bob.until("joined", room="tea")["id"] == joined
            bob.send(type="nick", nick="rob")
            assert ann.until("renamed", to="rob")["id"] == joined
            bob.reset()
        with Page(server, {"session": bob.session}) as back:
            assert back.name == "rob" and ids()["rob"] == joined
            back.send(type="leave", room="general")
            assert ann.until("left", nick="rob")["id"] == joined
        terminal = server.named("bob")
        first = over.in_time(ids, lambda seen: "bob" in seen)["bob"]
        terminal.send("/quit")
        assert ann.until("left", nick="bob")["id"] == first
        server.named("bob")
        assert len({first, joined, *ids().values()}) == 4


def test_page_that_writes_to_an_id_reaches_that_person_or_is_told_that_it_has_gone():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = server.named("bob")
        to_id = ann.until("renamed", to="bob")["id"]
        bob.join("far")
        bob.rename("rob")
        other = stranger_called(server, "bob")
        ann.send(type="direct", to="bob", to_id=to_id, text="hi", ref="r1")
        own = ann.until("direct", ref="r1")  # whatever the name is
        assert (own["to"], own["to_id"]) == ("rob", to_id)
        bob.until("ann -> you: hi")
        bob.send("/quit")
        bob.rest()
        other.until("* rob left #far")
        for to, code in ("bob", "another"), ("rob", "gone"):
            def refused(to=to):
                ann.send(type="direct", to=to, to_id=to_id, text="secret", ref="r2")
                return ann.until("error")
            error = over.in_time(refused, lambda seen, code=code: seen["code"] == code)
            assert (error["code"], error["ref"]) == (code, "r2") and "has gone" in error["text"]
        assert other.settle() == []
        ann.send(type="direct", to="bob", text="secret", ref="r3")  # it was told who has the name
        ann.until("direct", ref="r3")
        other.until("ann -> you: secret")


def test_page_that_writes_to_a_name_alone_is_asked_as_a_terminal_is():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = server.named("bob")
        ann.until("renamed", to="bob")
        bob.send("/quit")
        ann.until("left", nick="bob")
        stranger = stranger_called(server, "bob")
        ann.send(type="direct", to="bob", text="secret", ref="r1")
        error = ann.until("error")
        assert (error["code"], error["ref"]) == ("another", "r1")
        assert stranger.settle() == []
        ann.send(type="direct", to="bob", text="secret", ref="r2")
        ann.until("direct", ref="r2")
        assert stranger.line() == "ann -> you: secret"


if __name__ == "__main__":
    chat.main()
