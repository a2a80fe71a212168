# SPDX-License-Identifier: MIT
"""Whether a conversation was one: nothing that was acknowledged is lost, nothing is doubled, all have seen one order, without a
gap but where they were told of one.

It knows neither the server nor how its clients do their work: it reads notes, in the order in which they were made. A note is
a dict with `what`, and these members:
    says          who, text                 for the first time; no two texts are the same
    acknowledged  who, room, number, text; number None: it is told later, where its author sees the text
    refused       who, text, why            it will not be said, whatever its author does
    waits         who, text                 in the end: it was neither acknowledged nor refused, and its author waits still
    enters        who, room                 it is to see the room up to its end
    sees          who, room, number, text, by, is_reply: to what it has said; one that it has said again may be behind
    misses        who, room, after, before  it was told that it does not see what is between these numbers
    reload        who, why                  it cannot go on by itself
    kept          room, number, text, by    in the end: in the database, in order
    reads         who, room, number, text   in the end: of the history of a room, in order
    back          who, fault, took, most    seconds after the end of a fault; None: it did not come
    fails_over                              another database takes the place of the first one, and numbers may leave a gap
    falls_behind                            from here on that database does not get what is kept: what is told meanwhile may be lost
Without `kept` and `reads` of a room what they would tell is not looked at."""
import bisect
import collections


class Rooms(dict):
    """The list of each room; a room that is asked for has one."""

    def __missing__(self, room):
        return self.setdefault(room, [])


class Checker:
    def __init__(self):
        self.found = []  # (kind, words)
        self.is_behind = False
        self.told_behind = set()  # places, or texts without one, that were first told while the database that took over was behind
        self.said, self.refused = {}, set()  # who by text; texts
        self.acknowledged = {}  # (room, number) by text
        self.acknowledged_in = {}  # room by text, of those without a number
        self.meaning = {}  # (room, number): text, by whoever has told it first
        self.jumps = []  # (who, room, number, the next one that it has seen), where that is not the next number
        self.place = {}  # (who, room): the number up to which it has seen all; None: it has just come
        self.kept, self.read = Rooms(), collections.defaultdict(Rooms)
        self.by = {}  # text: the name under which it is kept
        self.counts = collections.Counter()

    def find(self, kind, words):
        self.counts["found: " + kind] += 1
        if self.counts["found: " + kind] <= 20:
            self.found.append((kind, words))

    def means(self, where, room, number, text):
        """A number of a room has one text, whoever tells it."""
        if self.is_behind and (room, number) not in self.meaning:
            self.told_behind.add((room, number))
        other = self.meaning.setdefault((room, number), text)
        if other != text:
            self.find("order", f"{where}: number {number} of {room} is {text!r}, and was {other!r}")

    def note(self, n):
        self.counts[n["what"]] += 1
        getattr(self, "on_" + n["what"])(n)

    def on_says(self, n):
        if n["text"] in self.said:
            self.find("notes", f"two have said {n['text']!r}")
        self.said[n["text"]] = n["who"]

    def on_acknowledged(self, n):
        if n["number"] is None:
            self.acknowledged_in[n["text"]] = n["room"]
            if self.is_behind:
                self.told_behind.add((n["room"], n["text"]))
            return
        place = n["room"], n["number"]
        if self.acknowledged.setdefault(n["text"], place) != place:
            self.find("doubled", f"{n['text']!r} was acknowledged as {self.acknowledged[n['text']]} and as {place}")
        self.means("acknowledged", *place, n["text"])

    def on_refused(self, n):
        self.refused.add(n["text"])
        self.find("refused", f"{n['who']} may not say {n['text']!r}: {n['why']}")

    def on_waits(self, n):
        self.find("waits", f"{n['who']} waits for {n['text']!r}")

    def on_enters(self, n):
        self.place.setdefault((n["who"], n["room"]), None)

    def on_sees(self, n):
        who, room, number = n["who"], n["room"], n["number"]
        self.means(who, room, number, n["text"])
        at = self.place.get((who, room))
        if at is not None and number <= at:
            if not n["is_reply"]:
                self.find("doubled", f"{who} has seen {room} up to {at}, and sees {number} again: {n['text']!r}")
            return
        if at is not None and number != at + 1:
            self.jumps.append((who, room, at, number))
        self.place[who, room] = number

    def on_falls_behind(self, _):
        self.is_behind = True

    def on_fails_over(self, _):
        self.is_behind = False

    def on_misses(self, n):
        key = n["who"], n["room"]
        at = self.place.get(key)
        self.counts["told as missing"] += max(n["before"] - n["after"] - 1, 0)
        if at is not None and n["after"] > at:
            self.jumps.append((*key, at, n["after"] + 1))
        self.place[key] = max(at or 0, n["before"] - 1)

    def on_reload(self, n):
        self.find("reload", f"{n['who']}: {n['why']}")

    def on_back(self, n):
        if n["took"] is None or n["took"] > n["most"]:
            self.find("late", f"{n['who']} is back {n['took']} s after {n['fault']}, and not within {n['most']} s")

    def on_kept(self, n):
        self.kept[n["room"]].append((n["number"], n["text"]))
        if n["text"] in self.by:
            self.find("doubled", f"{n['text']!r} is kept twice")
        self.by[n["text"]] = n["by"]

    def on_reads(self, n):
        self.read[n["who"]][n["room"]].append((n["number"], n["text"]))

    def end(self):
        """All notes were told; returns what was found."""
        for room, rows in self.kept.items():
            self.end_room(room, rows)
        for who, rooms in self.read.items():
            for room, rows in self.kept.items():
                if rooms[room] != rows:
                    self.find("order", f"{who} reads another history of {room} than is kept: {difference(rooms[room], rows)}")
        self.end_lost()
        self.end_names()
        return self.found

    def end_room(self, room, rows):
        numbers = [number for number, _ in rows]
        if numbers != sorted(set(numbers)):
            self.find("order", f"the numbers of {room} are not in order")
        holes = [(a, b) for a, b in zip([0, *numbers], numbers) if b > a + 1]
        if len(holes) > self.counts["fails_over"]:
            self.find("order", f"the numbers of {room} have gaps: {holes}")
        for who, of, at, number in self.jumps:
            passed = numbers[bisect.bisect_right(numbers, at):bisect.bisect_left(numbers, number)]
            if of == room and passed:
                self.find("gap", f"{who} has seen {room} up to {at}, and then {number}: not {passed}")
        for number, text in rows:
            self.means("kept", room, number, text)
            if text not in self.said:
                self.find("invented", f"nobody has said {text!r}, number {number} of {room}")
        for (who, of), at in self.place.items():
            if of == room and (at or 0) != max(numbers):
                self.find("gap", f"{who} has seen {room} up to {at}, and its last number is {max(numbers)}")

    def end_lost(self):
        kept = {(room, number): text for room, rows in self.kept.items() for number, text in rows}
        for text, place in self.acknowledged.items():
            if place[0] in self.kept and kept.get(place) != text:
                self.lose(place, f"{text!r} was acknowledged as {place}, where {kept.get(place)!r} is kept")
        texts = {(room, text) for (room, _), text in kept.items()}
        for text, room in self.acknowledged_in.items():
            if room in self.kept and (room, text) not in texts:
                self.lose((room, text), f"{text!r} was acknowledged in {room}, and is not kept there")
        for place, text in self.meaning.items():
            if place[0] in self.kept and place not in kept:
                self.lose(place, f"{text!r} was shown as {place}, and is not kept")
        for text in self.refused & set(self.by):
            self.find("order", f"{text!r} was refused, and is kept")

    def lose(self, place, words):
        """It is in the notes of somebody, and not in the database."""
        if place in self.told_behind:
            self.counts["lost by a standby that was behind"] += 1
        else:
            self.find("lost", words)

    def end_names(self):
        """What somebody says stands under no name that is another's: they are called as they are in these notes, or guests."""
        people = set(self.said.values())
        for text, name in self.by.items():
            if name in people and name != self.said.get(text):
                self.find("name", f"{self.said.get(text)} has said {text!r} as {name}")


def difference(some, others):
    for one, other in zip(some, others):
        if one != other:
            return f"{one} where {other} is"
    return f"{len(some)} where {len(others)} are"


def check(notes):
    """Returns what was found, a list of (kind, words), and how many notes of each kind there were."""
    checker = Checker()
    for n in notes:
        checker.note(n)
    return checker.end(), checker.counts
