# SPDX-License-Identifier: MIT
"""Goal: the checker of conversations finds what would be wrong, and nothing in what is right.
Method: a conversation is made up at random, with people who come and go, say again what was not acknowledged, and are told of
gaps. Then one thing of it is changed, in each way that is looked for, at a place of chance."""
import copy
import os
import random
import sys

import checker

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bounded  # noqa: E402

ROOMS = "tea", "art"
PEOPLE = tuple(f"p{i}" for i in range(6))
SEEDS = int(os.environ.get("EDO_CHAT_ROUNDS", 5))
FIRST = int(os.environ.get("EDO_TEST_SEED", 1))


def made_up(dice):
    """The notes of a conversation with nothing wrong."""
    notes, tables = [], {room: [] for room in ROOMS}
    at = {(who, room): 0 for who in PEOPLE for room in ROOMS}
    notes += [{"what": "enters", "who": who, "room": room} for who, room in at]

    def sees(who, room, number, is_reply=False):
        by, text = tables[room][number - 1]
        notes.append({"what": "sees", "who": who, "room": room, "number": number, "text": text, "by": by,
                      "is_reply": is_reply})

    def catches_up(who, room):
        first, last = at[who, room] + 1, len(tables[room])
        if last - first > 5 and dice.random() < 0.3:
            notes.append({"what": "misses", "who": who, "room": room, "after": first - 1, "before": last})
            first = last
        for number in range(first, last + 1):
            sees(who, room, number)
        at[who, room] = last

    for i in range(120):
        who, room, text = dice.choice(PEOPLE), dice.choice(ROOMS), f"text-{i}"
        notes.append({"what": "says", "who": who, "text": text})
        tables[room].append((who, text))
        number = len(tables[room])
        for one in dice.sample(PEOPLE, len(PEOPLE)):
            if dice.random() < 0.5:
                catches_up(one, room)
        if dice.random() < 0.8:
            catches_up(who, room)
            told = number if i % 10 > 0 else None
            notes.append({"what": "acknowledged", "who": who, "room": room, "number": told, "text": text})
        if dice.random() < 0.1 and at[who, room] >= number:
            sees(who, room, number, is_reply=True)
    for who, room in at:
        catches_up(who, room)
    for room, rows in tables.items():
        for number, (by, text) in enumerate(rows, 1):
            notes.append({"what": "kept", "room": room, "number": number, "text": text, "by": by})
            notes.append({"what": "reads", "who": "reader", "room": room, "number": number, "text": text})
    notes += [{"what": "back", "who": who, "fault": "none", "took": 1.0, "most": 15} for who in PEOPLE]
    return notes


def kinds(notes):
    return {kind for kind, _ in checker.check(notes)[0]}


def any_of(dice, notes, **members):
    """A place of the notes with these members."""
    return dice.choice([i for i, n in enumerate(notes) if all(n.get(k) == v for k, v in members.items())])


def without(notes, text, whats, shift):
    """As if it had never been: also its number is that of the next one."""
    gone = next(n for n in notes if n["what"] == "kept" and n["text"] == text)
    out = []
    for n in notes:
        if n["what"] in whats and n.get("text") == text:
            continue
        later = shift and n.get("room") == gone["room"] and (n.get("number") or 0) > gone["number"]
        out.append({**n, "number": n["number"] - 1} if later else n)
    return out


def lose_everywhere(dice, notes):
    """It was acknowledged, and there is no trace of it: neither in the database nor at anybody."""
    text = notes[any_of(dice, notes, what="acknowledged")]["text"]
    plain = [n for n in notes if n["what"] != "misses"]
    return without(plain, text, ("kept", "reads", "sees"), shift=True), "lost"


def lose_unnumbered(dice, notes):
    """As lose_everywhere(), of one that was acknowledged without a number."""
    text = notes[any_of(dice, notes, what="acknowledged", number=None)]["text"]
    plain = [n for n in notes if n["what"] != "misses"]
    return without(plain, text, ("kept", "reads", "sees"), shift=True), "lost"


def lose_kept(dice, notes):
    text = notes[any_of(dice, notes, what="acknowledged")]["text"]
    return without(notes, text, ("kept", "reads"), shift=False), "lost"


def lose_at_one(dice, notes):
    """One person does not see it, and is not told."""
    place = any_of(dice, notes, what="sees", is_reply=False)
    later = [n for n in notes[place + 1:] if n["what"] == "sees" and n["who"] == notes[place]["who"]
             and n["room"] == notes[place]["room"] and n["text"] == notes[place]["text"]]
    return [n for i, n in enumerate(notes) if i != place and n not in later], "gap"


def double_kept(dice, notes):
    """What was said is kept once more, as the newest of its room, and all see that."""
    text = notes[any_of(dice, notes, what="kept")]["text"]
    row = next(n for n in notes if n["what"] == "kept" and n["text"] == text)
    again = {**row, "number": 1 + max(n["number"] for n in notes if n["what"] == "kept" and n["room"] == row["room"])}
    seen = [{**again, "what": "sees", "who": who, "is_reply": False} for who in PEOPLE]
    return notes + seen + [again, {**again, "what": "reads", "who": "reader"}], "doubled"


def double_at_one(dice, notes):
    place = any_of(dice, notes, what="sees", is_reply=False)
    later = dice.randrange(place + 1, len(notes) + 1)
    return notes[:later] + [notes[place]] + notes[later:], "doubled"


def swap_at_one(dice, notes):
    """One person sees two neighbours the other way round."""
    while True:
        a = any_of(dice, notes, what="sees", is_reply=False)
        same = [i for i, n in enumerate(notes) if i > a and n["what"] == "sees" and not n["is_reply"]
                and (n["who"], n["room"]) == (notes[a]["who"], notes[a]["room"])]
        if same:
            break
    out = copy.deepcopy(notes)
    out[a]["text"], out[same[0]]["text"] = out[same[0]]["text"], out[a]["text"]
    return out, "order"


def swap_numbers_at_one(dice, notes):
    out, _ = swap_at_one(dice, notes)
    a, b = [i for i, (n, o) in enumerate(zip(notes, out)) if n != o]
    out[a]["number"], out[b]["number"] = out[b]["number"], out[a]["number"]
    return out, "gap"


def swap_read(dice, notes):
    """The history has two the other way round."""
    out = copy.deepcopy(notes)
    a = any_of(dice, notes[:-len(PEOPLE)], what="reads", number=dice.randrange(1, 20))
    b = next(i for i, n in enumerate(notes) if n["what"] == "reads" and n["room"] == notes[a]["room"]
             and n["number"] == notes[a]["number"] + 1)
    out[a]["text"], out[b]["text"] = out[b]["text"], out[a]["text"]
    return out, "order"


def cut_the_end(dice, notes):
    """One person has stopped seeing anything."""
    who, room = dice.choice(PEOPLE), dice.choice(ROOMS)
    last = max(n["number"] for n in notes if n["what"] == "kept" and n["room"] == room)
    keep = {"what": "sees", "who": who, "room": room, "number": last}
    end = [n for n in notes if not all(n.get(k) == v for k, v in keep.items())]
    return [n for n in end if n["what"] != "misses" or n["who"] != who or n["before"] <= last], "gap"


def invent(dice, notes):
    text = notes[any_of(dice, notes, what="kept")]["text"]
    return [n for n in notes if n["what"] != "says" or n["text"] != text], "invented"


def take_a_name(dice, notes):
    out = copy.deepcopy(notes)
    row = out[any_of(dice, notes, what="kept")]
    row["by"] = dice.choice([p for p in PEOPLE if p != row["by"]])
    return out, "name"


def come_late(dice, notes):
    out = copy.deepcopy(notes)
    out[any_of(dice, notes, what="back")]["took"] = dice.choice((None, 15.1))
    return out, "late"


HARMS = (lose_everywhere, lose_unnumbered, lose_kept, lose_at_one, double_kept, double_at_one, swap_at_one,
         swap_numbers_at_one, swap_read, cut_the_end, invent, take_a_name, come_late)


def test_conversation_with_nothing_wrong_has_no_findings():
    for seed in range(FIRST, FIRST + SEEDS):
        found, counts = checker.check(made_up(random.Random(seed)))
        assert found == [], (seed, found)
        assert counts["sees"] > 500 and counts["acknowledged"] > 50, counts


def test_seeded_loss_double_and_swap_are_found_each():
    for seed in range(FIRST, FIRST + SEEDS):
        for harm in HARMS:
            dice = random.Random(seed)
            harmed, wanted = harm(dice, made_up(dice))
            assert wanted in (seen := kinds(harmed)), (seed, harm.__name__, wanted, seen)


def test_numbers_leave_a_gap_only_where_another_database_has_taken_over():
    for seed in range(FIRST, FIRST + SEEDS):
        plain = made_up(random.Random(seed))
        missed = next(n for n in plain if n["what"] == "misses" and n["after"] > 0)
        place, room = missed["after"], missed["room"]

        def later(n):
            """As the note would be if the numbers of the room had a gap there: what is missing is behind it."""
            least = {"number": place + 1, "after": place, "before": place + 1}
            moved = {key: n[key] + 1000 for key in least if n.get("room") == room and (n.get(key) or 0) >= least[key]}
            return {**n, **moved}

        notes = list(map(later, plain))
        assert kinds(notes) == {"order"}, (seed, kinds(notes))
        assert kinds([{"what": "fails_over"}, *notes]) == set(), seed


def test_what_a_standby_that_was_behind_has_lost_is_counted_and_what_was_told_before_is_found():
    for seed in range(FIRST, FIRST + SEEDS):
        for harm in (lose_kept, lose_unnumbered):
            dice = random.Random(seed)
            notes, _ = harm(dice, made_up(dice))
            lost = next(n["text"] for n in notes if n["what"] == "acknowledged"
                        and not any(k["what"] == "kept" and k["text"] == n["text"] for k in notes))
            at = next(i for i, n in enumerate(notes) if n.get("text") == lost and n["what"] != "says")
            over = [{"what": "fails_over"}]
            assert "lost" not in kinds(notes[:at] + [{"what": "falls_behind"}] + notes[at:] + over), seed
            assert "lost" in kinds(notes[:at + 1] + [{"what": "falls_behind"}] + notes[at + 1:] + over), seed
            _, counts = checker.check(notes[:at] + [{"what": "falls_behind"}] + notes[at:] + over)
            assert counts["lost by a standby that was behind"] > 0, seed


def test_refusals_waits_and_reloads_are_found():
    notes = made_up(random.Random(FIRST))
    for what, kind in (("refused", "refused"), ("waits", "waits"), ("reload", "reload")):
        more = {"what": what, "who": "p1", "text": "never", "why": "bad_text"}
        assert kinds(notes + [more]) == {kind}


if __name__ == "__main__":
    bounded.run_one()
