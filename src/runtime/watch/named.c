/* SPDX-License-Identifier: MIT */
/* runtime/watch/named.c: see named.h. */
#include "runtime/watch/named.h"

#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"

#include <edo/bytes.h>

#include <errno.h>
#include <string.h>

typedef struct named_entry {
    struct named_entry *next; /* lock: named_lock */
    edoi_named what;          /* const */
    char name[EDOI_NAMED_BYTES];
} named_entry;

static edoi_lock named_lock = EDOI_LOCK_INIT; /* outer to that of a channel */
static named_entry *named_all;                /* lock: named_lock; the newest first */

EDOI_ON_FORK(.lock = &named_lock);

int edoi_named_add(const edoi_named *what) {
    const edo_str name = edo_str_of(what->name);
    if (name.len == 0 || name.len >= EDOI_NAMED_BYTES || !edo_str_is_utf8(name)) return -EINVAL;
    named_entry *e = edoi_calloc(1, sizeof *e);
    if (!e) return -ENOMEM;
    memcpy(e->name, name.ptr, name.len);
    e->what = *what;
    e->what.name = e->name;
    edoi_lock_acquire(&named_lock);
    e->next = named_all;
    named_all = e;
    edoi_lock_release(&named_lock);
    return 0;
}

void edoi_named_remove(const void *channel) {
    edoi_lock_acquire(&named_lock);
    named_entry **at = &named_all;
    while ((*at)->what.channel != channel) at = &(*at)->next;
    named_entry *e = *at;
    *at = e->next;
    edoi_lock_release(&named_lock);
    edoi_free(e);
}

/* The row of a name, which is made if there is room; the last one stands for all others. */
static edoi_named_row *named_row_of(edoi_named_row *rows, size_t most, size_t *n,
                                    const edoi_named *what) {
    const char *name = *n + 1 < most ? what->name : "other";
    for (size_t i = 0; i < *n; i++)
        if (strcmp(rows[i].name, what->name) == 0) return &rows[i];
    if (*n == most) return &rows[most - 1];
    edoi_named_row *r = &rows[(*n)++];
    *r = (edoi_named_row){ .kind = what->kind };
    memcpy(r->name, name, strlen(name));
    return r;
}

size_t edoi_named_read(edoi_named_row *rows, size_t most) {
    size_t n = 0;
    edoi_lock_acquire(&named_lock);
    for (const named_entry *e = named_all; e && most > 0; e = e->next) {
        edoi_named_row *r = named_row_of(rows, most, &n, &e->what);
        r->n++;
        r->depth += e->what.depth(e->what.channel);
        if (e->what.limit == SIZE_MAX) continue;
        r->bounded_n++;
        r->limit += e->what.limit;
    }
    edoi_lock_release(&named_lock);
    return n;
}
