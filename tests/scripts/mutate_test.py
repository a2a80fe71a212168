# SPDX-License-Identifier: MIT
"""tools/mutate finds what it may change, and asks for each change where it stands."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "tools"))

from mutate_places import changed, places, said, with_questions  # noqa: E402

SOURCE = """\
/* take(1); */
static int take(edo_list *l, int n) {
    int err = edo_check(l);
    bool is_last = n == 1;
    EDO_INV("list inv. 1", l->len > 0);
    EDO_SHIELD(end, edo_s(1));
    if (err < 0) return err;
    TAILQ_FOREACH(item, &l->items, link) {
        l->taken = item;
        if (n-- > 0) edoi_store_seq_u32(&l->n,
                                        0); // "take(2);"
    }
    return is_last ? 0 : n;
}
"""


def found():
    return {(c["line"], c["kind"]): c for c in places("src/list.c", SOURCE)}


def test_places_are_statements_conditions_and_orders():
    assert {(line, kind, said(SOURCE, change)) for (line, kind), change in found().items()} == {
        (4, "invert", "n == 1"), (7, "invert", "err < 0"), (9, "drop", "l->taken = item;"), (10, "invert", "n-- > 0"),
        (10, "drop", "edoi_store_seq_u32(&l->n, 0);"), (10, "weaken", "edoi_store_seq_u32(&l->n, 0)"),
        (13, "invert", "is_last"),
    }, found()


def test_a_change_alone_is_what_is_shown():
    places_of = found()
    assert "if (!(err < 0)) return" in changed(SOURCE, places_of[7, "invert"])
    assert "    ;\n" in changed(SOURCE, places_of[9, "drop"])
    assert "edoi_store_rel_u32(&l->n,\n" in changed(SOURCE, places_of[10, "weaken"])


def test_each_change_is_asked_for_and_lines_keep_their_numbers():
    changes = list(found().values())
    for number, change in enumerate(changes, 1):
        change["number"] = number
    text = with_questions(SOURCE, changes)
    assert text.count("\n") == SOURCE.count("\n")
    for change in changes:
        line = text.splitlines()[change["line"] - 1]
        assert f"edoi_mutant_is({change['number']}u)" in line, (line, change)
    assert with_questions(SOURCE, []) == SOURCE


if __name__ == "__main__":
    for name in sys.argv[1:] or [name for name in dict(globals()) if name.startswith("test_")]:
        globals()[name]()
