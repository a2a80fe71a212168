# SPDX-License-Identifier: MIT
"""The chat's page as a whole in node, without a browser: what it sends to a server, which the test stands for. Its
modules one by one are in page_test.py."""
import os
import shutil
import sys

import chat
from page_test import HERE, equal, page

# The page as a whole, which has come to a server; `out()` is what it has sent since.
WHOLE = """
        const kept = new Map(globalThis.recalled ?? []), $ = (id) => document.getElementById(id);
        globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, text) => kept.set(key, text) };
        globalThis.location = { protocol: "http:", host: "here" };
        const heard = {}; // by the window
        globalThis.addEventListener = (kind, does) => { heard[kind] = does; };
        globalThis.ResizeObserver = class { observe() {} };
        globalThis.requestAnimationFrame = (does) => does();
        globalThis.setInterval = () => 0;
        const timers = [];
        globalThis.setTimeout = (does, ms) => timers.push({ does, ms });
        globalThis.clearTimeout = (id) => id && (timers[id - 1].does = () => 0);
        let socket = null;
        globalThis.WebSocket = class {
          sent = [];
          constructor() { socket = this; }
          send(text) { this.sent.push(JSON.parse(text)); }
          close() {}
        };
        await import("./chat.js");
        const got = (message) => socket.onmessage({ data: JSON.stringify(message) });
        const come = (nick) => {
          socket.onopen();
          got({ type: "welcome", session: "s", nick, told: 0, rooms: [{ room: "general", last: 0, members: 1, life: 7 }] });
        };
        const lose = () => socket.onclose({ code: 1006 });
        const come_back = (nick) => {
          timers.findLast((one) => one.ms <= 400).does();
          come(nick);
        };
        const type = (text) => {
          $("text").value = text;
          $("composer").tell("submit");
        };
        const out = () => socket.sent.splice(0).filter((m) => !["members", "typing"].includes(m.type))
          .map((m) => `${m.type} ${m.text ?? m.nick ?? ""}`).join(", ");
        const pending = () => ["edo-chat", "edo-chat-names"].flatMap((key) => JSON.parse(kept.get(key)).pending ??
          JSON.parse(kept.get(key))).sort((a, b) => a.order - b.order);
        const said = (text, number) => got({ type: "message", room: "general", from: "guest-1", number, time: 1, text,
                                             ref: pending().find((one) => one.text === text).ref });
        come("guest-1");
        out();
"""


def test_page_says_each_line_under_the_name_that_it_had():
    found = page(WHOLE + """
        const all = [];
        for (const text of ["one", "two", "/nick dana", "three", "/msg bob psst"]) type(text);
        all.push(out());
        said("one", 1);
        all.push(out());
        said("two", 2);
        all.push(out());
        got({ type: "renamed", room: "general", from: "guest-1", to: "dana", id: "i" });
        return [...all, out(), $("my-nick").textContent];""")
    equal(found, ["say one", "say two", "nick dana", "say three, direct psst", "dana"])


def test_file_that_is_dropped_does_not_take_the_place_of_the_page():
    found = page(WHOLE + """
        const is_kept = (kind, types) => {
          const event = { dataTransfer: types && { types }, preventDefault() { this.is_prevented = true; } };
          heard[kind](event);
          return event.is_prevented === true;
        };
        return ["dragover", "drop"].flatMap((kind) => [["Files"], ["text/plain", "Files"], ["text/plain"], undefined]
          .map((types) => is_kept(kind, types)));""")
    equal(found, [True, True, False, False] * 2)


# What is asked for of rooms; `again()` is after the time that the page waits then.
ROOMS = WHOLE + """
        Math.random = () => 0.5;
        const asked = () => socket.sent.splice(0).filter((m) => m.type === "join");
        const names = (all) => all.map((m) => m.room).join(", ");
        const state = (room, life = 7) => ({ room, last: 0, members: 1, life });
        const joined = (room) => ({ type: "joined", nick: "guest-1", id: "i", ...state(room) });
        const refuse = (m, code) => got({ type: "error", code, text: "no", ...(m && { ref: m.ref }) });
        const waits = new Set();
        const again = () => {
          const due = timers.filter((one) => one.ms % 1500 === 0 && one.ms <= 22500 && !waits.has(one));
          const ms = due.map((one) => one.ms);
          for (const one of due) waits.add(one);
          for (const one of due) one.does();
          return ms;
        };
        const notes = () => document.getElementById("conversations").children.flatMap((c) => find(c, "note missed"));
        const find = (node, name) => (node.className === name ? [node] : (node.children ?? []).flatMap((c) => find(c, name)));
"""


def test_rooms_that_are_refused_for_now_are_asked_for_again_each_by_itself():
    found = page(ROOMS + """
        for (const room of ["tea", "milk", "soup"]) type(`/join ${room}`);
        const [tea, milk, soup] = asked();
        const all = [names([tea, milk, soup])];
        got(joined("tea"));
        for (const one of [milk, soup]) refuse(one, "too_fast");
        all.push($("alert").textContent, names(asked()), again());
        const [, last] = asked();
        all.push(last.room);
        got(joined("milk"));
        refuse(last, "too_many_rooms");
        again();
        return [...all, names(asked()), $("alert").textContent];""")
    equal(found, ["tea, milk, soup", "", "", [1500, 1500], "soup", "",
                  "You are in as many rooms as one can be. Leave one first."])


def test_room_that_is_refused_again_and_again_is_asked_for_more_rarely_and_then_by_the_user():
    found = page(ROOMS + """
        type("/join tea");
        const all = [];
        for (let n = 0; n < 20; n++) {
          const [one] = asked();
          if (!one) break;
          refuse(one, "try_later");
          all.push(...again());
        }
        all.push($("alert").textContent);
        const [note] = notes();
        note.children.at(-1).tell("click");
        all.push(names(asked()), notes().length);
        return all;""")
    equal(found, [1500, 3000, 6000, 12000, 22500, 22500, 22500,
                  "The server does not let you into #tea just now.", "tea", 0])


def test_list_that_is_refused_beside_a_join_is_told_to_who_has_asked():
    found = page(ROOMS + """
        type("/join tea");
        asked();
        refuse(null, "too_fast");
        return $("alert").textContent;""")
    equal(found, "That was too fast. Wait a moment, and try again.")


def test_room_that_a_hello_did_not_come_to_is_asked_for_with_what_was_seen():
    found = page(ROOMS + """
        type("/join tea");
        got(joined("tea"));
        got({ type: "message", room: "tea", from: "bob", number: 3, time: 1, text: "hi" });
        lose();
        come_back("guest-1"); // to general alone
        const asks = asked();
        refuse(null, "try_later"); // of the hello
        const all = [asks.map(({ room, after, life }) => [room, after, life]), $("alert").textContent];
        refuse(asks[0], "try_later");
        all.push(again(), names(asked()));
        type("there");
        all.push(out());
        got(joined("tea"));
        all.push(out());
        lose();
        come_back("guest-1");
        refuse(null, "bad_room"); // of this hello
        refuse(null, "too_fast"); // of something else
        return [...all, $("alert").textContent];""")
    equal(found, [[["tea", 3, 7]], "", [1500], "tea", "", "say there",
                  "That was too fast. Wait a moment, and try again."])


def test_room_that_was_left_does_not_come_back():
    found = page(ROOMS + """
        type("/join tea");
        type("/leave");
        got(joined("tea"));
        got({ type: "left", room: "tea", nick: "guest-1", id: "i" });
        lose();
        come_back("guest-1");
        return JSON.parse(kept.get("edo-chat")).rooms.map((one) => one.room);""")
    equal(found, ["general"])


def test_room_that_was_left_and_is_joined_again_is_another():
    found = page(ROOMS + """
        const all = [];
        const say_hello = () => {
          out();
          type("hello");
          all.push(out());
          got({ type: "message", room: "tea", from: "guest-1", number: 1, time: 1, text: "hello", ref: pending()[0].ref });
          type("/leave");
          out();
        };
        for (const text of ["/join tea", "/leave", "/join tea"]) type(text); // before a reply
        got(joined("tea"));
        got({ type: "left", room: "tea", nick: "guest-1", id: "i" });
        got(joined("tea"));
        say_hello();
        type("/join tea");
        for (let n = 0; n < 8; n++) {
          refuse(asked()[0], "try_later");
          again();
        }
        for (const text of ["/leave", "/join tea"]) type(text);
        got(joined("tea"));
        say_hello();
        type("/join tea");
        refuse(asked()[0], "try_later"); // for now
        for (const text of ["/leave", "/join tea"]) type(text);
        got(joined("tea"));
        say_hello();
        again();
        return [...all, names(asked())];""")
    equal(found, ["say hello", "say hello", "say hello", ""])


def test_words_in_a_room_that_is_refused_are_shown_as_not_sent():
    found = page(ROOMS + """
        const texts = () => $("conversations").children.flatMap((c) => find(c, "delivery"))
          .flatMap((c) => c.children.slice(0, 1).map((why) => why.textContent));
        type("/join tea");
        got(joined("tea"));
        lose();
        type("one");
        type("two");
        come_back("guest-1"); // to general alone
        const [tea] = asked();
        refuse(null, "too_many_rooms"); // of the hello
        refuse(tea, "too_many_rooms");
        const all = [texts(), pending().map((one) => one.fault.code), out(), notes().length];
        notes()[0].children.at(-1).tell("click");
        const [more] = asked();
        got(joined("tea"));
        all.push(more.room, notes().length);
        type("/join milk");
        refuse(asked()[0], "too_many_rooms"); // nothing was said there
        return [...all, JSON.parse(kept.get("edo-chat")).rooms.map((one) => one.room)];""")
    equal(found, [["Not sent: no", "Not sent: no"], ["too_many_rooms", "too_many_rooms"], "", 1, "tea", 0,
                  ["general", "tea"]])


def test_words_that_are_said_and_come_later_hold_nothing_up():
    found = page(WHOLE + """
        const hold = (text) => got({ type: "error", code: "try_later", text: "said", said: true,
                                     ref: pending().find((one) => one.text === text).ref });
        for (const text of ["one", "two", "three"]) type(text);
        const all = [out()];
        for (const text of ["one", "two"]) {
          hold(text);
          all.push(out());
        }
        timers.filter((one) => one.ms === 12000).slice(0, 2).forEach((one) => one.does()); // they have replies
        all.push(out());
        lose();
        come_back("guest-1"); // all of it is said again, in its order
        all.push(out());
        hold("one");
        all.push(out());
        got({ type: "lagged", room: "general", missed: 3, after: 0, before: 4 });
        all.push(out()); // perhaps it was among these
        said("one", 1);
        return [...all, out(), pending().map((one) => one.text)];""")
    equal(found, ["say one", "say two", "say three", "", "hello guest-1, say one", "say two", "say one", "say two",
                  ["two", "three"]])


def test_page_that_loses_its_connection_asks_only_of_what_was_sent():
    found = page(WHOLE + """
        type("/msg bob first");
        type("/msg bob second");
        const all = [out()];
        lose();
        type("/msg bob third");
        all.push($("state").textContent);
        come_back("guest-1");
        all.push(out(), pending().map((one) => [one.text, Boolean(one.fault)]));
        $("nick").value = "zoe";
        $("nick-form").tell("submit");
        all.push($("nick-fault").textContent);
        lose(); // the name is not taken later, as the dialog says
        return [...all, $("nick-fault").textContent, pending().some((one) => one.nick)];""")
    equal(found, ["direct first", "Offline", "hello guest-1, direct second",
                  [["first", True], ["second", False], ["third", False]], "The name is taken after what you have said is sent.",
                  "There is no connection. Try again in a moment.", False])


def test_page_that_is_sent_to_another_server_asks_of_what_was_sent_and_sends_the_rest_once():
    """A dialog that asks for a name stays as it is meanwhile, and has it by the next connection."""
    found = page(WHOLE + """
        $("nick-welcome").hidden = true;
        $("nick").value = "zoe";
        $("nick-dialog").open = true;
        $("nick-form").tell("submit");
        type("/msg bob psst");
        const all = [out()];
        socket.onclose({ code: 4002 });
        timers.findLast((one) => one.ms <= 100).does();
        come("zoe");
        all.push(out(), $("nick-dialog").open, pending().map((one) => [one.text, Boolean(one.fault), one.is_on_way]));
        all.push($("conversations").textContent.includes("taken by somebody else"));
        return all;""")
    equal(found, ["nick zoe", "hello guest-1, direct psst", False, [["psst", False, True]], False])


def test_name_that_was_asked_for_and_came_is_nobody_elses():
    found = page(WHOLE + """
        type("/nick dana");
        lose();
        come_back("dana");
        const noted = () => $("conversations").textContent.includes("taken by somebody else");
        const all = [out(), pending().length, noted()];
        lose();
        come_back("guest-2");
        return [...all, noted()];""")
    equal(found, ["hello guest-1", 0, False, True])


def test_name_that_waits_says_so_and_one_of_a_dialog_that_asks_for_another_is_not_taken():
    found = page(WHOLE + """
        type("one");
        type("/nick dana");
        const all = [$("alert").textContent];
        for (const nick of ["bob", "carl"]) {
          $("nick").value = nick;
          $("nick-form").tell("submit");
        }
        all.push($("nick-fault").textContent, pending().map((one) => one.nick ?? one.text));
        out();
        said("one", 1);
        all.push(out());
        got({ type: "renamed", room: "general", from: "guest-1", to: "dana", id: "i" });
        return [...all, out()];""")
    waits = "The name is taken after what you have said is sent."
    equal(found, [waits, waits, ["one", "dana"], "nick dana", "nick carl"])


def test_older_page_knows_all_that_is_kept_where_it_looks():
    """It would ask of each for its room or its person, which names have none of."""
    found = page(WHOLE + """
        for (const text of ["one", "/nick dana", "two"]) type(text);
        const { pending: all, session } = JSON.parse(kept.get("edo-chat"));
        return [all.map((one) => one.room), session, page.recall_pending().map((one) => one.text ?? one.nick)];""")
    equal(found, [["general", "general"], "s", ["one", "dana", "two"]])


# A tab that comes while another one, which has the connection, sends; `there` is what that one keeps.
SECOND = """
        const said_there = (ref, order, more) => ({ ref, to: "bob", text: ref, order, time: 1, is_on_way: false, ...more });
        const keeping = (pending) => JSON.stringify({ session: "s", nick: "guest-1", told: 0, active: "#general",
          rooms: [{ room: "general", read: 0, life: 7 }], drafts: [], pending });
        globalThis.recalled = [["edo-chat", keeping([said_there("first", 1, { is_on_way: true }), said_there("second", 2)])]];
""" + WHOLE.replace('come("guest-1");\n        out();', 'const there = (pending) => kept.set("edo-chat", keeping(pending));')


def test_tab_that_comes_sends_nothing_that_another_has_sent_since():
    found = page(SECOND + """
        type("/msg bob here");
        kept.set("edo-chat-direct", JSON.stringify([{ name: "bob", messages: [{ from: "guest-1", text: "first", time: 1, is_own: true }] }]));
        there([said_there("second", 2, { is_on_way: true }), said_there("third", 3)]);
        type("/help"); // keeps what this one knows
        const all = [pending().map((one) => one.text)];
        there([said_there("second", 2, { is_on_way: true }), said_there("third", 3)]);
        come("guest-1");
        all.push(out(), pending().map((one) => [one.text, Boolean(one.fault)]));
        const shown = $("conversations").all("text").map((one) => one.textContent);
        return [...all, shown];""")
    equal(found, [["second", "here", "third"], "hello guest-1, direct here",
                  [["second", True], ["here", False], ["third", False]], ["first", "second", "here", "third"]])


def test_page_shows_what_the_server_lacks_until_it_has_it():
    found = page(WHOLE + """
        const shown = () => [$("state").textContent, $("trouble").textContent !== ""];
        const all = [shown()];
        got({ type: "state", store: false, nodes: true });
        all.push(shown());
        lose();
        come_back("guest-1");
        all.push(shown());
        got({ type: "state", store: false, nodes: true });
        got({ type: "state", store: true, nodes: true });
        got({ type: "error", code: "too_fast", text: "too fast" });
        return [...all, shown(), $("alert").textContent];""")
    equal(found, [["Connected", False], ["Limited", True], ["Connected", False], ["Connected", False],
                  "That was too fast. Wait a moment, and try again."])


if __name__ == "__main__":
    if not shutil.which("node"):
        print("skipped: node is not here")
        sys.exit(77)
    os.environ.setdefault("EDO_SOURCE_DIR", str(HERE.parent.parent))
    os.environ["EDO_CHAT_THREADS"] = "1"  # there is no server
    chat.main()
