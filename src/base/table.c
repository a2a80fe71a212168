/* SPDX-License-Identifier: MIT */
/* base/table.c: the walk that checks a table; see table.h. */
#include "base/table.h"

#include "base/assert.h"

/* Returns how many links chain `i` has, at most one more than the table: it may be a circle. */
static size_t check_chain(const edoi_table *t, size_t i) {
    size_t n = 0;
    for (const edoi_table_link *l = t->chains[i]; l && n <= t->links_n; l = l->next, n++)
        EDO_INV("table inv. 2", (l->hash & (t->chains_n - 1)) == i);
    return n;
}

void edoi_table_check(const edoi_table *t) {
    size_t links_n = 0;
    EDO_INV("table inv. 1", t->chains_n > 0 && (t->chains_n & (t->chains_n - 1)) == 0);
    for (size_t i = 0; i < t->chains_n; i++) links_n += check_chain(t, i);
    EDO_INV("table inv. 3", links_n == t->links_n);
}
