# SPDX-License-Identifier: MIT
"""What is told to one person alone: it comes, be it when the session comes back, or its author is told that it may
not have come."""
import chat
from chat import Server
from web import Page, until_number


def stop_reading(server):
    """A page whose peer reads nothing any more, with more posted to it than the buffers on the way hold."""
    bob = Page(server, {"nick": "bob"}, receive_bytes=4096)
    with Page(server, {"nick": "carl"}) as carl:
        for _ in range(160):
            carl.say("x" * 4000)
    return bob


def test_message_to_a_page_that_has_stopped_reading_comes_when_its_session_comes_back():
    with Server("--rate", "0", web=True) as server:
        ann = server.named("ann")
        bob = stop_reading(server)
        for n in range(3):
            ann.send(f"/msg bob psst {n}")
            ann.until("* sent to bob")
        bob.reset()
        seen = {}
        for wanted in [0, 1, 2], [2]:
            back = Page(server, None)
            back.send(type="hello", session=bob.session, rooms=[{"room": "tea"}], **seen)
            back.until("welcome")
            came = [m for m in back.settle() if m["type"] == "direct"]
            assert [m["text"] for m in came] == [f"psst {n}" for n in wanted], came
            numbers = [m["number"] for m in came]
            assert numbers == sorted(set(numbers))
            seen = {"told": numbers[-2:][0]}  # all but the last
            back.reset()


def test_message_to_a_page_that_is_away_is_kept_for_it():
    with Server("--rate", "0", web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = Page(server, {"nick": "bob"})
        bob.reset()
        ann.send(type="direct", to="bob", text="psst", ref="r1")
        own = ann.until("direct", ref="r1")
        assert "number" not in own  # that is bob's
        with Page(server, {"session": bob.session}) as back:
            number = back.until("direct", text="psst")["number"]
            back.send(type="got", number=number)
            back.settle()
            ann.send(type="direct", to="bob", text="again")
            assert back.until("direct")["number"] > number
        with Page(server, {"session": bob.session}) as back:
            assert [m["text"] for m in back.settle() if m["type"] == "direct"] == ["again"]


def test_a_page_that_says_what_it_has_is_kept_no_more_than_it_may():
    with Server("--rate", "0", web=True) as server:
        ann = server.named("ann")
        bob = Page(server, None)
        bob.send(type="hello", nick="bob", told=0)
        bob.until("welcome")
        for _ in range(64):
            ann.send("/msg bob psst")
            ann.until("* sent to bob")
        assert ann.ask("/msg bob psst") == "* error: bob has not read earlier messages"
        for _ in range(64):
            last = bob.until("direct")["number"]
        bob.send(type="got", number=last)
        bob.settle()
        assert ann.ask("/msg bob psst") == "* sent to bob"
        bob.close()


def test_author_is_told_of_a_terminal_that_was_reset_and_had_not_read():
    with Server("--rate", "0", web=True) as server, Page(server, {"nick": "carl"}) as carl:
        ann, bob = server.named("ann"), server.client(receive_bytes=4096)
        ann.until("* guest-3 joined #general")
        with Page(server, {"nick": "dora"}) as dora:
            for _ in range(160):  # more than the buffers on the way hold
                dora.say("x" * 4000)
        for _ in range(2):
            ann.send("/msg guest-3 psst")
            ann.until("* sent to guest-3")
        carl.send(type="direct", to="guest-3", text="psst", ref="r1")
        to = carl.until("direct", ref="r1")["to_id"]
        bob.reset()
        ann.until("* perhaps not delivered, as guest-3 has gone: 2 messages")
        carl.until("undelivered", to="guest-3", to_id=to, messages=1)


def test_authors_of_all_that_a_dead_terminal_was_told_are_told():
    with Server("--rate", "0", web=True) as server:
        ann, carl = server.named("ann"), server.named("carl")
        server.client(receive_bytes=4096)
        with Page(server, {"nick": "dora"}) as dora:
            for _ in range(10):  # more than its buffer holds, and less than the server's
                dora.say("x" * 2000)
            dora.say("all")
            told = {}
            for author, most in (carl, 3), (ann, 100):
                author.until("dora: all")  # no other line comes between a question and its answer
                told[author] = 0
                while told[author] < most and author.ask("/msg guest-3 psst") == "* sent to guest-3":
                    told[author] += 1
        server.clients[2].reset()
        for author, n in told.items():
            author.until(f"* perhaps not delivered, as guest-3 has gone: {n} messages")


def test_authors_are_told_at_the_end_what_a_page_that_is_away_has_not_got():
    with Server("--rate", "0", web=True) as server, Page(server, {"nick": "carl"}) as carl:
        ann, bob = server.named("ann"), Page(server, {"nick": "bob"})
        ann.until("* bob joined #general")
        bob.reset()
        until_number(server, "chat_pages", 1)
        for _ in range(2):
            assert ann.ask("/msg bob psst") == "* sent to bob"
        carl.send(type="direct", to="bob", text="psst", ref="r1")
        carl.until("direct", ref="r1")
        server.stop()
        ann.until("* perhaps not delivered, as bob has gone: 2 messages")
        ann.until("* server shutting down")  # behind carl's leaving, perhaps, whose node may end first
        carl.until("undelivered", to="bob", messages=1)


def test_author_is_not_told_of_a_terminal_that_has_read():
    with Server() as server:
        ann, bob = server.named("ann"), server.client()
        for _ in range(3):
            ann.send("/msg guest-2 psst")
            ann.until("* sent to guest-2")
            bob.until("ann -> you: psst")
        bob.send("/quit")
        bob.rest()
        assert ann.until("* guest-2 left #general") == []
        assert (rest := ann.settle()) == [], rest


if __name__ == "__main__":
    chat.main()
