/* SPDX-License-Identifier: MIT */
/* service/discover/discovery.h: a source that looks again and again: a task makes lists of
 * endpoints, and the reader of the sequence gets the differences. */
#ifndef EDOI_SERVICE_DISCOVER_DISCOVERY_H
#define EDOI_SERVICE_DISCOVER_DISCOVERY_H

#include <edo/discover.h>

/* A list that a look has made. All zero at first; the keys in it are different. */
typedef struct edoi_endpoint_list {
    edo_endpoint *at;
    size_t n, room;
} edoi_endpoint_list;

/* The identity of `e`. */
EDOI_INLINE const char *edoi_endpoint_key(const edo_endpoint *e) {
    return e->key[0] ? e->key : e->address;
}

/* Adds a copy, unless its key is there. Errors: -E2BIG  EDO_DISCOVER_MAX are there;  -ENOMEM. */
EDO_MUST_USE int edoi_endpoint_list_add(edoi_endpoint_list *list, const edo_endpoint *e);

typedef struct edoi_discovery edoi_discovery;

/* How one kind of source looks. */
typedef struct edoi_discovery_ops {
    /* Runs in the task: looks, tells, and waits, until an await returns -ECANCELED. A negative code
     * is then told as the last item. */
    int (*run)(edoi_discovery *self, void *arg);
    void (*drop)(void *arg); /* neither the task nor the sequence is there any more */
    const char *name;
} edoi_discovery_ops;

/* Makes the sequence. Takes `arg`, also on failure. NULL: no memory, or `arg` is NULL. The task is
 * spawned by the first read. */
EDO_MUST_USE edo_seq *edoi_discovery_new(const edoi_discovery_ops *ops, void *arg);

/* A look has found `now`: sends what is different since the last good look. Takes what is in
 * `now`. Returns 0, or -ECANCELED or -EDO_ECLOSED: the reader is gone. */
EDO_MUST_USE int edoi_discovery_tell(edoi_discovery *self, edoi_endpoint_list *now);

/* A look has failed: sends `err` as an item. Returns as edoi_discovery_tell(). */
EDO_MUST_USE int edoi_discovery_fail(edoi_discovery *self, int err);

/* Has a look been good? */
bool edoi_discovery_has_told(const edoi_discovery *self);

#endif
