# SPDX-License-Identifier: MIT
"""The modules of the chat's page in node, without a browser: page_dom.mjs has what they need of one. What
needs a real one is in browser_test.py and its neighbours."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import chat

HERE = pathlib.Path(__file__).resolve().parent
MODULES = "dom", "text", "composer", "conversation", "notices", "name_dialog", "outbox", "sidebars", "memory", "link", \
    "trouble", "roster", "words", "pending"

MAIN = """
import { Element } from "./page_dom.mjs";
const page = { Element };
for (const name of %s) Object.assign(page, await import(`./${name}.js`));
const body = async (page, ...given) => { %s };
console.log(JSON.stringify(await body(page, ...%s) ?? null));
"""


def page(body, *given, zone="UTC"):
    """Runs the body of a function, to which `page` has all that the modules export and `given` these
    values, in that time zone; returns what it returns."""
    assets = pathlib.Path(os.environ["EDO_SOURCE_DIR"], "apps/chat/page/assets")
    with tempfile.TemporaryDirectory(prefix="edo-page-") as folder:
        for file in *assets.glob("*.js"), HERE / "page_dom.mjs":
            shutil.copy(file, folder)
        pathlib.Path(folder, "package.json").write_text('{ "type": "module" }', encoding="utf-8")
        main = pathlib.Path(folder, "main.mjs")
        main.write_text(MAIN % (json.dumps(MODULES), body, json.dumps(given)), encoding="utf-8")
        done = subprocess.run(["node", main], capture_output=True, timeout=chat.WAIT, check=False,
                              env={**os.environ, "TZ": zone, "LC_ALL": "en_US.UTF-8"})
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def equal(found, wanted):
    assert found == wanted, f"{wanted!r} was expected, not {found!r}"


# A composer whose text is said; `said` has what it does, and with which arguments.
COMPOSER = """
const said = [];
const does = new Proxy({}, { get: (_, name) => (...all) => {
  if (!["drafted", "typing"].includes(name)) said.push([name, ...all]);
} });
const composer = new page.Composer(does);
const field = document.getElementById("text");
const typed = (text) => {
  said.length = 0;
  composer.text = text;
  composer.submit();
  return said[0] ?? null;
};
"""


def test_enter_of_an_input_method_sends_nothing():
    rows = (
        ({"key": "Enter", "keyCode": 13, "isComposing": False}, True),
        ({"key": "Enter", "keyCode": 229, "isComposing": True}, False),
        ({"key": "Enter", "keyCode": 229, "isComposing": False}, False),  # Safari
        ({"key": "Enter", "keyCode": 13, "isComposing": False, "shiftKey": True}, False),
    )
    found = page(COMPOSER + """
        return given.map((key) => {
          said.length = 0;
          composer.text = "hello";
          const event = field.tell("keydown", key);
          return [said.length > 0, Boolean(event.is_prevented)];
        });""", *(event for event, _ in rows))
    equal(found, [[is_sent, is_sent] for _, is_sent in rows])


def test_indent_of_a_first_line_is_said_and_an_indented_command_is_still_one():
    rows = (
        ("    if (x)\n        y();\n", ["say", "    if (x)\n        y();", False]),
        ("\n \n  two\n\n", ["say", "  two", False]),
        ("hello  ", ["say", "hello", False]),
        ("//who", ["say", "/who", False]),
        ("  // a remark", ["say", "  // a remark", False]),
        ("  /msg bob psst", ["direct", "bob", "psst"]),
        ("/msg bob\n    if (x)\n", ["direct", "bob", "    if (x)"]),
        ("/me\n  waves", ["say", "  waves", True]),
    )
    found = page(COMPOSER + "return given.map(typed);", *(text for text, _ in rows))
    equal(found, [wanted for _, wanted in rows])


def test_command_with_words_too_many_is_refused_as_in_a_terminal():
    rows = (
        ("/nick ann", ["nick", "ann"]),
        ("/nick Ana Maria", ["nick", "Ana Maria"]),
        ('/nick "Ana Maria"', ["nick", "Ana Maria"]),
        ('/msg "Ana Maria" hi  you', ["direct", "Ana Maria", "hi  you"]),
        ('/msg José hi', ["direct", "José", "hi"]),
        ('/msg', ["complain", "Usage: /msg NAME TEXT"]),
        ("/nick ", ["complain", "Usage: /nick NAME"]),
        ("/join #tea", ["join", "tea"]),
        ("/join tea time", ["complain", "Usage: /join ROOM"]),
        ("/who", ["who"]),
        ("/who bob", ["complain", "Usage: /who"]),
        ("/leave tea", ["complain", "Usage: /leave"]),
        ("/rooms x", ["complain", "Usage: /rooms"]),
        ("/constructor", ["complain", "There is no command /constructor. To say it, type //constructor"]),
        ("/", ["complain", "There is no command /. To say it, type //"]),
    )
    found = page(COMPOSER + "return given.map(typed);", *(text for text, _ in rows))
    equal(found, [wanted for _, wanted in rows])


def test_text_that_nobody_would_see_is_not_sent():
    found = page(COMPOSER + "return given.map(typed);", " \n", "\u200b", "\u2800\u3164", "\u00ad\ufe0f", "\u3000", "a\u200b")
    equal(found, 5 * [None] + [["say", "a\u200b", False]])


def test_text_that_was_refused_is_typed_again_before_what_is_there():
    found = page(COMPOSER + """
        const again = (there, ...one) => {
          composer.text = there;
          composer.type_again(...one);
          return composer.text;
        };
        return [again("", "hello", false), again("draft", "hello", false), again("", "waves", true),
                again("", "/x", false), document.activeElement === field];""")
    equal(found, ["hello", "hello\ndraft", "/me waves", "//x", True])


# `now` is the time, in ms.
CLOCK = """
const Real = Date;
let now = 0;
globalThis.Date = class extends Real {
  constructor(...all) { super(...(all.length ? all : [now])); }
  static now() { return now; }
};
"""


def test_days_are_those_of_the_calendar():
    # Clocks go forward on the last Sunday of March, and back on that of October.
    rows = (
        ("2025-03-31T00:30", "2025-03-30T23:00", "Yesterday"),
        ("2025-03-31T00:30", "2025-03-29T23:45", "Saturday, March 29, 2025"),
        ("2025-10-26T23:30", "2025-10-25T12:00", "Yesterday"),
        ("2025-10-26T23:30", "2025-10-26T00:10", "Today"),
        ("2025-01-01T12:00", "2024-12-31T12:00", "Yesterday"),
    )
    found = page(CLOCK + """
        return given.map(([then, at]) => {
          now = Real.parse(then);
          return page.day_name(Real.parse(at));
        });""", *((now, then) for now, then, _ in rows), zone="Europe/Berlin")
    equal(found, [wanted for *_, wanted in rows])


# A conversation in a room, and what it shows: the texts, with those that failed in brackets.
TALK = """
const talk = new page.Conversation({ kind: "room", name: "tea", on_older() {}, on_scroll() {}, my_name: () => "dana" });
const message = (number, more) => talk.add({ from: "eve", number, time: 1000 * number, text: `${number}`, ...more }, false);
const pend = (ref, order) => talk.add_pending({ ref, order, text: ref, time: 1 }, "dana");
const shown = () => talk.list.children.map((li) => li.classList.contains("failed")
  ? `[${li.all("text")[0].textContent}]` : (li.all("text")[0] ?? li).textContent);
"""


def test_today_is_yesterday_after_midnight():
    found = page(CLOCK + TALK + """
        now = Real.UTC(2025, 0, 1, 23, 59);
        message(1, { time: now });
        talk.note("a note");
        const day = () => talk.list.all("day")[0].textContent;
        const before = day();
        now += 120000;
        talk.renew_days();
        return [before, day()];""")
    equal(found, ["Today", "Yesterday"])


def test_message_that_was_not_sent_stays_where_it_was_and_newer_ones_stand_below():
    found = page(TALK + """
        const all = [];
        message(1);
        message(2);
        pend("a", 1);
        pend("b", 2);
        talk.fail("a", "too long", talk.last, [["Edit", () => 0]]);
        talk.move("joined", "carl");
        message(3);
        message(4);
        all.push(shown());
        talk.send_again("a");
        all.push(shown());
        message(5, { ref: "b", from: "dana", text: "b" });
        talk.fail("a", "gone", 2, [["Try again", () => 0]]);  // as before a reload
        all.push(shown(), talk.oldest());
        message(6, { ref: "a", from: "dana", text: "a" });
        all.push(shown(), talk.kept(2).map((one) => one.text));
        return all;""")
    equal(found, [["1", "2", "[a]", "carl joined", "3", "4", "b"],
                  ["1", "2", "carl joined", "3", "4", "a", "b"],
                  ["1", "2", "carl joined", "[a]", "3", "4", "b"], 1,
                  ["1", "2", "carl joined", "3", "4", "b", "a"], ["b", "a"]])


def test_messages_that_were_not_sent_are_not_let_go_with_old_ones():
    found = page(TALK + """
        pend("a", 1);
        talk.fail("a", "gone", 0, []);
        for (let n = 1; n <= 700; n++) message(n);
        const [first, second] = shown();
        talk.discard("a");
        return [first, Number(second) > 1, talk.items.length === talk.list.children.length, talk.items.at(-1).text];""")
    equal(found, ["[a]", True, True, "700"])


def test_history_that_is_newer_than_what_the_server_tells_by_itself_is_not_what_was_heard():
    found = page("""
        const talk = new page.Conversation({ kind: "room", name: "tea", my_name: () => "ann" });
        const message = (number) => ({ from: "bob", text: "x", time: 1, number });
        talk.begin_life(7, 5);
        talk.add_older([message(4), message(9)], () => false);
        const before = [talk.heard, talk.last];
        talk.add(message(6), false);
        talk.add_older([message(8)], () => false);
        return [...before, talk.heard, talk.last];""")
    equal(found, [0, 9, 6, 9])


def test_what_was_said_goes_in_its_order_also_where_one_is_refused_for_now():
    """Beyond the burst a server that refuses one may take the next."""
    found = page("""
        const pending = [], sent = [], timers = [];
        let is_open = true;
        globalThis.setTimeout = (does, ms) => (ms === 1 ? timers.push(does) : 0);
        const outbox = new page.Outbox({
          pending, conversation_of: (one) => one.room,
          send: (one) => is_open && sent.push(one.ref) > 0,
        });
        const say = (room, ref) => {
          pending.push({ room, ref });
          outbox.next();
        };
        const confirmed = (ref) => outbox.go_on(pending.splice(pending.findIndex((one) => one.ref === ref), 1)[0]);
        const seen = () => sent.splice(0).join(" ");
        const steps = [];
        for (const ref of ["a1", "a2", "a3"]) say("a", ref);
        say("b", "b1");
        steps.push(seen());
        outbox.later(pending[0], 1);
        say("a", "a4");
        steps.push(seen());
        timers.shift()();
        steps.push(seen());
        confirmed("a1");
        pending.find((one) => one.ref === "a2").fault = {};
        outbox.go_on(pending[0]);
        steps.push(seen());
        is_open = false;
        say("b", "b2");
        is_open = true;
        outbox.begin();
        outbox.next();
        steps.push(seen());
        return steps;""")
    equal(found, ["a1 b1", "", "a1", "a2 a3", "a3 b1"])


OUTBOX = """
    const pending = [], sent = [], timers = new Map();
    globalThis.setTimeout = (does, ms) => timers.set(timers.size + 1, { does, ms }).size;
    globalThis.clearTimeout = (id) => timers.has(id) && (timers.get(id).does = () => {});
    const after = (ms) => [...timers.values()].filter((one) => one.ms === ms).forEach((one) => one.does());
    let my_name = "ann", is_open = true;
    const outbox = new page.Outbox({
      pending, conversation_of: (one) => one.room || one.to, send: (one) => is_open && sent.push(one.ref) > 0,
      is_done: (one) => one.nick === my_name, settle: (ref) => settle(ref), keep: () => 0,
    });
    const settle = (ref) => outbox.go_on(pending.splice(pending.findIndex((one) => one.ref === ref), 1)[0]);
    const say = (...all) => {
      pending.push(...all);
      outbox.next();
    };
    """


def test_message_to_a_person_that_was_refused_for_now_is_sent_once_by_a_new_connection():
    found = page(OUTBOX + """
        say({ to: "bob", ref: "d" });
        outbox.later(pending[0], 1);
        outbox.begin();
        outbox.next(); // sends it, and the time that is over later is that of before
        after(1);
        outbox.later(pending[0], 2);
        outbox.go_on(pending[0]);
        after(2);
        return sent.join(" ");""")
    equal(found, "d d d")


def test_message_whose_reply_does_not_come_is_sent_again_in_a_room_alone():
    found = page(OUTBOX + """
        say({ room: "tea", ref: "a" });
        say({ to: "bob", ref: "d" });
        after(12000);
        outbox.missed("tea");
        outbox.missed("milk");
        return sent.join(" ");""")
    equal(found, "a d a a")


def test_only_what_was_sent_to_a_person_may_have_arrived_when_the_connection_is_lost():
    found = page(OUTBOX + """
        const lost = () => outbox.begin().map((one) => one.ref).join("");
        const all = [];
        say({ to: "bob", ref: "a", is_on_way: false }, { to: "bob", ref: "b", is_on_way: false },
            { to: "carl", ref: "c", is_on_way: false }, { room: "tea", ref: "r" });
        outbox.later(pending[2], 1); // it was refused for now
        all.push(lost());
        is_open = false;
        outbox.next();
        all.push(lost());
        is_open = true;
        pending[0].fault = {}; // as the page says
        outbox.next();
        return [...all, lost(), sent.join("")];""")
    equal(found, ["a", "", "bc", "acrbcr"])


def test_what_a_page_of_before_has_kept_may_have_arrived():
    equal(page(OUTBOX + """
        pending.push({ to: "bob", ref: "a" });
        return outbox.begin().length;"""), 1)


def test_name_passes_nothing_that_was_said_before_and_nothing_passes_it():
    found = page(OUTBOX + """
        const all = [];
        const is_sent = () => all.push(sent.splice(0).join(""));
        say({ room: "tea", ref: "a" }, { room: "tea", ref: "b" }, { to: "bob", ref: "d" },
            { nick: "dana", ref: "n" }, { room: "tea", ref: "c" }, { room: "milk", ref: "m" });
        is_sent();
        settle("d");
        settle("a");
        is_sent();
        settle("b");
        is_sent();
        outbox.later(pending[0], 1); // too fast
        is_sent();
        after(1);
        is_sent();
        settle("n");
        is_sent();
        return all;""")
    equal(found, ["ad", "b", "n", "", "n", "cm"])


def test_name_that_one_has_is_not_asked_for_and_holds_nothing_up():
    found = page(OUTBOX + """
        say({ nick: "ann", ref: "n" }, { room: "tea", ref: "a" }, { nick: "dana", ref: "o" }, { room: "tea", ref: "b" });
        settle("a");
        my_name = "dana"; // as a server says that comes next
        outbox.begin();
        outbox.next();
        return [sent.join(""), pending.map((one) => one.ref)];""")
    equal(found, ["aob", ["b"]])


def test_reason_why_something_was_not_sent_is_said_once():
    found = page("""
        const conversation = new page.Conversation({ kind: "room", name: "tea", my_name: () => "ann" });
        return given.map((why, at) => {
          conversation.add_pending({ ref: String(at), text: "x", time: 0, order: at }, "ann");
          conversation.fail(String(at), why, 0, []);
          return conversation.items.find((one) => one.ref === String(at)).delivery.textContent;
        });""", "this text is too long", "not sent: this person is at another node", "perhaps not delivered: no response")
    equal(found, ["Not sent: this text is too long", "Not sent: this person is at another node",
                  "Perhaps not delivered: no response"])


def test_name_of_a_button_of_a_room_has_what_is_shown_in_its_order():
    rows = (
        ({"unread": 0, "mentions": 0, "members": 3}, "#tea, 3 members"),
        ({"unread": 1, "mentions": 0, "members": 3}, "#tea, 1 unread message, 3 members"),
        ({"unread": 120, "mentions": 2, "members": 3}, "#tea, @2 with your name, 99+ unread messages, 3 members"),
        ({"unread": 2, "mentions": 0, "members": None}, "#tea, 2 unread messages"),
    )
    equal(page("return given.map((row) => page.name_of_entry(\"#tea\", row));", *(row for row, _ in rows)), [wanted for _, wanted in rows])


def test_newcomer_is_asked_for_a_name_and_told_what_one_can_do():
    found = page("""
        const element = (id) => document.getElementById(id), sent = [];
        element("nick-welcome").hidden = true;
        let welcomed_n = 0;
        const dialog = new page.NameDialog({
          ask: (nick) => sent.push({ nick }), take_back: () => 0, my_name: () => "guest-1", on_welcomed: () => welcomed_n++,
        });
        const state = () => [element("nick-dialog").open, !element("nick-welcome").hidden, element("nick").value,
                             element("nick").placeholder, element("nick-cancel").textContent, welcomed_n];
        const all = [];
        dialog.welcome();
        all.push(state(), document.activeElement === element("nick"));
        element("nick").value = "dana";
        element("nick-form").tell("submit");
        dialog.renamed("dana");
        all.push(state(), sent.map((one) => one.nick));
        element("change-nick").tell("click");
        all.push(state());
        return all;""")
    equal(found, [[True, True, "", "guest-1", "Not now", 0], True,
                  [False, False, "dana", "", "Cancel", 1], ["dana"],
                  [True, False, "guest-1", "", "Cancel", 1]])


def test_marks_of_direction_are_text_and_overrides_are_shown():
    found = page("""return given.map((text) => page.nodes_of(text, "").map((one) =>
        typeof one === "string" ? one : [one.className || one.tagName, one.textContent]));""",
                 "\u05e9\u05dc\u05d5\u05dd\u200f! \u200eok\u061c", "a\u202eb", "https://example.org/\u200fx")
    equal(found, [["\u05e9\u05dc\u05d5\u05dd\u200f! \u200eok\u061c"], ["a", ["control", "<U+202E>"], "b"],
                  [["A", "https://example.org/"], "\u200fx"]])


def test_address_ends_where_its_sentence_does():
    rows = (
        ("see https://example.org/a\u3002\u6b21\u306e\u6587", "https://example.org/a"),
        ("\uff08https://example.org/a\uff09\u3067\u3059", "https://example.org/a"),
        ("\u300chttps://example.org/\u65e5\u672c\u300d", "https://example.org/\u65e5\u672c"),
        ("https://example.org/a\uff0c\u597d", "https://example.org/a"),
        ("\u201chttps://example.org/a\u201d", "https://example.org/a"),
        ("https://example.org/a\u061f", "https://example.org/a"),
        ("https://example.org/a\u2026", "https://example.org/a"),
        ("(https://example.org/a_(b)).", "https://example.org/a_(b)"),
        ("https://example.org/a?b=1&c=2!", "https://example.org/a?b=1&c=2"),
    )
    found = page("""return given.map((text) => page.nodes_of(text, "").filter((one) => one.tagName === "A")
        .map((one) => one.href));""", *(text for text, _ in rows))
    equal(found, [[wanted] for _, wanted in rows])


def test_three_backticks_are_a_fence_and_more_are_text():
    rows = ((50 * "`", [50 * "`"]), ("````a````", ["````a````"]), ("``a``", ["``a``"]),
            ("```\na`b\n``` and `c`", [["block", "a`b"], " and ", ["CODE", "c"]]),
            ("``` open", ["``` open"]), ("`a``b`", ["`a``b`"]))
    found = page("""return given.map((text) => page.nodes_of(text, "").map((one) =>
        typeof one === "string" ? one : [one.className || one.tagName, one.textContent]));""", *(text for text, _ in rows))
    equal(found, [wanted for _, wanted in rows])


def test_one_that_comes_and_takes_a_name_has_come_by_that_name():
    found = page("""
        const conversation = new page.Conversation({ kind: "room", name: "tea", my_name: () => "ann" });
        const lines = () => conversation.items.map((one) => one.element.textContent);
        conversation.move("joined", "guest-2");
        conversation.move("renamed", "bob", "guest-2");
        const first = lines();
        conversation.move("renamed", "dan", "cid");
        conversation.move("left", "eve");
        return [first, lines()];""")
    equal(found, [["bob joined"], ["bob joined, eve left, cid is now dan"]])


def test_name_in_an_address_or_in_code_is_no_mention():
    rows = (
        ("Dana, look", True), ("x @dana: y", True), ("is it dana?", True),
        ("https://example.org/dana is down", False), ("run `dana --help`", False),
        ("```\nint dana;\n```", False), ("`x` for dana", True), ("mail dana@example.org", False),
        ("mail me@dana.example", False), ("danae", False), ("x-dana", False),
        ("see github.com/dana/x", False), ("dana.example.org is up", False), ("look in /home/dana", False),
        ("www.dana is it", False), ("that is dana.", True), ("so... dana", True),
    )
    equal(page("return given.map((text) => page.mentions(text, \"dana\"));", *(text for text, _ in rows)),
          [wanted for _, wanted in rows])


def test_each_notice_of_a_room_is_told_and_cuts_no_character():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    found = page("""
        const told = [];
        globalThis.Notification = class {
          static permission = "granted";
          constructor(title, options) { told.push([title, options.tag, options.renotify, options.body]); }
        };
        globalThis.localStorage = { getItem: () => "on", setItem() {} };
        document.hidden = true;
        const notices = new page.Notices(() => 0);
        for (const text of given) notices.tell("#tea", { from: "eve", text }, () => 0);
        return told;""", "one", 197 * "x" + family, 200 * "x", 198 * "x" + "\U0001f600\U0001f600")
    title = "eve in #tea"
    equal([one[:3] for one in found], 4 * [[title, "#tea", True]])
    equal([one[3] for one in found],
          ["one", 197 * "x" + "\u2026", 200 * "x", 198 * "x" + "\u2026"])


def test_session_that_a_late_hello_of_the_page_takes_back_is_not_another_tab():
    """A database that stood still gives the session, when it goes on, to a hello that was given up."""
    found = page("""
        globalThis.location = { protocol: "http:", host: "here" };
        globalThis.addEventListener = () => 0;
        document.addEventListener = () => 0;
        globalThis.setTimeout = () => 1;
        globalThis.WebSocket = class {
          send() {}
          close() {}
        };
        const states = [];
        const link = new page.Link({
          hello: () => ({}), on_message: () => 0, on_too_long: () => 0, on_state: (state) => states.push(state),
        });
        const greeted = () => {
          link.connect();
          link.socket.onopen();
        };
        const welcomed = () => link.socket.onmessage({ data: '{"type": "welcome"}' });
        const taken = () => link.socket.onclose({ code: 4001 });
        greeted();
        link.give_up();
        greeted();
        link.give_up();
        greeted();
        welcomed();
        taken(); // for the first hello
        greeted();
        welcomed();
        taken(); // for the second one
        greeted();
        welcomed();
        taken(); // for nothing of this page
        return states;""")
    given_up, served = ["connecting", "waiting"], ["connecting", "open", "waiting"]
    equal(found, 2 * given_up + 2 * served + ["connecting", "open", "taken"])


# `try_once()` is a try that comes to no connection; `replied` is what the server says to a request.
REFUSED = """
        globalThis.location = { protocol: "http:", host: "here" };
        globalThis.addEventListener = () => 0;
        document.addEventListener = () => 0;
        globalThis.setTimeout = () => 1;
        globalThis.WebSocket = class {
          send() {}
          close() {}
        };
        let replied = null;
        globalThis.fetch = async () => {
          if (!replied) throw new TypeError("no network");
          const [status, detail] = replied;
          return { status, headers: { get: () => detail ? "application/problem+json" : "text/plain" },
                   json: async () => ({ detail }) };
        };
        const whys = [];
        const link = new page.Link({ hello: () => ({}), on_state: () => 0, on_why: (why) => whys.push(why) });
        const try_once = async () => {
          link.connect();
          link.socket.onclose({ code: 1006 });
          await new Promise((resolve) => setImmediate(resolve));
        };
"""


def test_reason_why_no_connection_comes_about_is_asked_for_after_some_tries():
    found = page(REFUSED + """
        const all = [];
        for (const reply of given) {
          replied = reply;
          link.refused_n = 0;
          for (let i = 0; i < 3; i++) await try_once();
          all.push(whys.splice(0));
        }
        await try_once();
        link.connect();
        const before = link.refused_n;
        link.socket.onopen();
        return [all, whys, before, link.refused_n];""",
                 None, [400], [426, "no upgrade"], [502], [429, "too many connections"],
                 [503, "too many connections"], [503, "this server ends"], [503], [200])
    equal(found, [[["offline"], ["offline"], ["blocked"], ["offline"], ["full"], ["full"], ["ends"], ["offline"], ["offline"]],
                  ["offline"], 5, 0])


def test_reason_is_asked_for_once_at_a_time_and_is_not_that_of_a_time_before():
    found = page(REFUSED + """
        const asked = [];
        globalThis.fetch = (_, { signal }) => new Promise((resolve) => asked.push({ resolve, signal }));
        const reply = async (status) => {
          asked.at(-1).resolve({ status, headers: { get: () => "text/plain" } });
          await new Promise((resolve) => setImmediate(resolve));
        };
        for (let i = 0; i < 5; i++) await try_once();
        const all = [asked.length, asked[0].signal instanceof AbortSignal];
        link.connect();
        link.socket.onopen();
        link.socket.onclose({ code: 1006 });
        for (let i = 0; i < 4; i++) await try_once();
        await reply(426);
        all.push(whys.length);
        await try_once();
        link.connect();
        link.socket.onopen(); // the reply comes to a page that is there
        await reply(426);
        return [...all, asked.length, whys];""")
    equal(found, [1, True, 0, 2, []])


def test_one_banner_says_all_that_does_not_work():
    found = page("""
        const trouble = new page.Trouble();
        const seen = () => [document.getElementById("state").textContent, document.getElementById("trouble").textContent
          .replace(/\\. .*/, ""), document.getElementById("state").classList.contains("lost")];
        const all = [];
        const step = (does) => {
          does();
          all.push(seen());
        };
        step(() => trouble.note_link(false));
        step(() => trouble.note_server({ store: false, nodes: true }));
        step(() => trouble.note_link(true));
        step(() => trouble.note_why("blocked"));
        step(() => trouble.note_link(false));
        step(() => trouble.note_server()); // the welcome
        step(() => trouble.note_server({ store: true, nodes: false }));
        trouble.note_server({ store: false, nodes: false });
        const both = document.getElementById("trouble").textContent;
        return [all, both.includes("database") && both.includes("Other servers")];""")
    store, nodes = "The server's database does not respond", "Other servers of this chat cannot be reached"
    equal([(word, text.split(". ")[0].split(",")[0], is_lost) for word, text, is_lost in found[0]],
          [("Connected", "", False), ("Limited", store, True), ("Offline", "There is no connection", True),
           ("Offline", "The server is there", True), ("Limited", store, True), ("Connected", "", False),
           ("Limited", nodes, True)])
    equal(found[1], True)


def test_list_of_members_that_is_old_is_asked_for_at_last():
    found = page(CLOCK + """
        let later = null, asked_n = 0; // the last timer, and its time
        globalThis.setTimeout = (does, ms) => (later = { does, at: now + ms }) && 1;
        globalThis.clearTimeout = () => later = null;
        const active = { name: "tea", members: ["ann"], members_n: 1 };
        const roster = new page.Roster({ ask: () => asked_n++, active: () => active });
        const steps = [];
        const step = (at, members, does) => {
          now = at;
          active.members_n = members;
          does();
          steps.push([asked_n, later?.at ?? null]);
        };
        const look = () => roster.look();
        step(0, 1, look);
        step(1000, 2, look);
        active.members = ["ann", "bob"];
        step(4000, 3, look); // it is too soon, and done later
        step(5000, 3, look);
        step(11000, 3, () => later.does());
        step(12000, 4, look);
        step(13000, 2, look); // as it was
        step(14000, 4, () => roster.hurry());
        step(30000, 5000, look);
        return steps;""")
    equal(found, [[0, None], [1, None], [1, 11000], [1, 11000], [2, None], [2, 21000], [2, None], [3, None], [3, None]])


def test_what_another_tab_settles_says_or_sees_fail_is_so_here():
    found = page("""
        const one = (ref, order, more) => ({ ref, to: "bob", order, is_on_way: false, ...more });
        const pending = [one("a", 1), one("b", 2), one("c", 3), one("d", 4, { fault: {} })];
        const recalled = new page.Recalled(pending);
        pending.push(one("e", 5)); // here
        const refs = (all) => all.map((each) => each.ref).join("");
        const renew = (...kept) => {
          const { settled, said, failed } = recalled.renew(pending, kept);
          return [settled, said, failed, pending, pending.filter((each) => each.is_on_way)].map(refs);
        };
        const all = [renew(one("b", 2, { is_on_way: true }), one("c", 3, { fault: {} }), one("d", 4, { fault: {} }), one("f", 5))];
        pending.splice(pending.findIndex((each) => each.ref === "e"), 1); // it is discarded, as is one of the other tab
        pending.splice(pending.findIndex((each) => each.ref === "d"), 1);
        pending.find((each) => each.ref === "c").fault = null; // to be sent again
        all.push(renew(one("b", 2), one("c", 3, { fault: {} }), one("d", 4), one("e", 5), one("f", 5)));
        return all;""")
    equal(found, [["a", "f", "c", "bcdef", "b"], ["", "", "", "bcf", ""]])


def test_errors_of_the_server_are_sentences():
    rows = (("too_fast", "too fast: wait a moment", "That was too fast. Wait a moment, and try again."),
            ("try_later", "names cannot be looked up just now: try again", "Names cannot be looked up just now: try again."),
            ("newer", "", "The server could not do that."), ("newer", "why?", "Why?"),
            ("constructor", "a", "A."))
    equal(page("return given.map(([code, text]) => page.sentence(code, text));", *([code, text] for code, text, _ in rows)),
          [wanted for *_, wanted in rows])


if __name__ == "__main__":
    if not shutil.which("node"):
        print("skipped: node is not here")
        sys.exit(77)
    os.environ.setdefault("EDO_SOURCE_DIR", str(HERE.parent.parent))
    os.environ["EDO_CHAT_THREADS"] = "1"  # there is no server
    chat.main()
