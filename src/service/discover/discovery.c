/* SPDX-License-Identifier: MIT */
/* service/discover/discovery.c: a task looks, the reader of a sequence gets what has changed.
 *
 * The task and the sequence share the source, with a channel between them: so a look waits until
 * the sequence is read. The first read spawns the task, and the end of the sequence cancels it. */
#include "service/discover/discovery.h"

#include "base/memory/alloc.h"
#include "memory/rc.h"
#include "seq/seq.h"

#include <errno.h>
#include <string.h>

#define ROOM       16          // changes between the task and the reader
#define SEND_AGAIN edo_ms(100) // without memory

/* What goes over the channel. */
typedef struct told {
    int err; /* not 0: a failed item */
    edo_endpoint_change change;
} told;

struct edoi_discovery {
    const edoi_discovery_ops *ops;
    void *arg;
    edo_mpsc_tx *tx; /* the task's, until it has ended */
    edoi_endpoint_list last;
    bool has_told;
};

/* The sequence. */
typedef struct source_seq {
    edo_seq base;
    edo_seq *items; /* owned: of the channel */
    edoi_discovery *source;
    edo_task *task;           /* NULL: not spawned yet */
    edo_task_join_future end; /* pending while it is stopped */
    bool is_stopping;
} source_seq;

/* ---- Lists ----------------------------------------------------------------------------------- */

static const edo_endpoint *endpoints_find(const edoi_endpoint_list *list, const edo_endpoint *e) {
    const char *key = edoi_endpoint_key(e);
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(edoi_endpoint_key(&list->at[i]), key) == 0) return &list->at[i];
    return NULL;
}

int edoi_endpoint_list_add(edoi_endpoint_list *list, const edo_endpoint *e) {
    if (endpoints_find(list, e)) return 0;
    if (list->n == EDO_DISCOVER_MAX) return -E2BIG;
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 8;
        edo_endpoint *at = edoi_realloc(list->at, room * sizeof *at);
        if (!at) return -ENOMEM;
        list->at = at;
        list->room = room;
    }
    list->at[list->n++] = *e;
    return 0;
}

static bool endpoint_equal(const edo_endpoint *a, const edo_endpoint *b) {
    return a->weight == b->weight && strcmp(a->address, b->address) == 0;
}

/* ---- Telling --------------------------------------------------------------------------------- */

/* Without memory it tries again later, since a change is sent only once. */
static int discovery_send(edoi_discovery *self, const told *t) {
    int err = edo_mpsc_send(self->tx, t);
    while (err == -ENOMEM) {
        err = edo_sleep(SEND_AGAIN);
        if (err == 0) err = edo_mpsc_send(self->tx, t);
    }
    return err;
}

static int discovery_change(edoi_discovery *self, edo_endpoint_what what, const edo_endpoint *e) {
    const told t = { .change = { .what = what, .endpoint = *e } };
    return discovery_send(self, &t);
}

/* Sends additions before removals: so the reader's set is never empty if all endpoints change. */
int edoi_discovery_tell(edoi_discovery *self, edoi_endpoint_list *now) {
    int err = 0;
    for (size_t i = 0; i < now->n && err == 0; i++) {
        const edo_endpoint *old = endpoints_find(&self->last, &now->at[i]);
        if (!old || !endpoint_equal(old, &now->at[i]))
            err = discovery_change(self, EDO_ENDPOINT_ADDED, &now->at[i]);
    }
    for (size_t i = 0; i < self->last.n && err == 0; i++)
        if (!endpoints_find(now, &self->last.at[i]))
            err = discovery_change(self, EDO_ENDPOINT_REMOVED, &self->last.at[i]);
    edoi_free(self->last.at);
    self->last = *now;
    self->has_told = true;
    return err;
}

int edoi_discovery_fail(edoi_discovery *self, int err) {
    const told t = { .err = err };
    return discovery_send(self, &t);
}

bool edoi_discovery_has_told(const edoi_discovery *self) {
    return self->has_told;
}

/* ---- The task -------------------------------------------------------------------------------- */

static void source_deinit(void *memory) {
    edoi_discovery *self = memory;
    edo_mpsc_tx_unref(self->tx);
    edoi_free(self->last.at);
    self->ops->drop(self->arg);
}

static void source_unref(edoi_discovery *self) {
    edoi_rc_unref(EDOI_COUNTED, self);
}

static int source_task(void *arg) {
    edoi_discovery *self = arg; // its own reference
    int err = self->ops->run(self, self->arg);
    if (err < 0 && err != -ECANCELED) (void)edoi_discovery_fail(self, err); // gone: nobody reads
    edo_mpsc_tx_unref(self->tx);                                            // ends the sequence
    self->tx = NULL;
    source_unref(self);
    return err;
}

/* ---- The sequence ---------------------------------------------------------------------------- */

static source_seq *source_seq_of(edo_seq *s) {
    return (source_seq *)(void *)s;
}

static int source_spawn(source_seq *self) {
    const edo_spawn_opts opts = { .name = self->source->ops->name, .no_context = true };
    self->task = edo_spawn_with(source_task, edoi_rc_ref(self->source), &opts);
    if (self->task) return 0;
    source_unref(self->source);
    return edo_task_join(NULL); // why
}

static edo_polled source_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    source_seq *self = source_seq_of(s);
    *result = self->task ? 0 : source_spawn(self);
    return *result < 0 ? EDO_READY : edo_seq_poll_next(self->items, cx, item, result);
}

static void source_leave(edo_seq *s) {
    source_seq *self = source_seq_of(s);
    if (self->is_stopping) edo_drop(&self->end.base);
    self->is_stopping = false;
    edo_seq_leave(self->items);
}

static edo_polled source_stop(edo_seq *s, edo_cx *cx) {
    source_seq *self = source_seq_of(s);
    if (!self->task) return EDO_READY;
    if (!self->is_stopping) {
        edo_task_cancel(self->task);
        (void)edo_task_wait_init(&self->end, self->task);
    }
    self->is_stopping = true;
    return edo_poll(&self->end.base, cx);
}

static void source_drop(edo_seq *s) {
    source_seq *self = source_seq_of(s);
    edo_task_cancel(self->task);
    edo_task_unref(self->task);
    edo_seq_free(self->items);
    source_unref(self->source);
    edoi_free(self);
}

static int source_item(void *arg, const void *in, void *out) {
    const told *t = in;
    (void)arg;
    if (t->err < 0) return t->err;
    *(edo_endpoint_change *)out = t->change;
    return 0;
}

static edoi_discovery *source_make(const edoi_discovery_ops *ops, void *arg) {
    edoi_discovery *self = edoi_rc_new(sizeof *self, source_deinit);
    if (self) *self = (edoi_discovery){ .ops = ops, .arg = arg };
    return self;
}

edo_seq *edoi_discovery_new(const edoi_discovery_ops *ops, void *arg) {
    static const edo_seq_ops seq = { .poll_next = source_poll,
                                     .leave = source_leave,
                                     .drop = source_drop,
                                     .stop = source_stop,
                                     .name = "edo_discover" };
    edo_mpsc_rx *rx = NULL;
    if (!arg) return NULL;
    edoi_discovery *source = source_make(ops, arg);
    source_seq *self = source ? edoi_calloc(1, sizeof *self) : NULL;
    if (!source) ops->drop(arg);
    if (!self || edo_mpsc_new(&source->tx, &rx, sizeof(told), ROOM, NULL) < 0) goto free_self;
    self->items =
        edo_seq_map(edo_seq_from_mpsc(rx), source_item, NULL, sizeof(edo_endpoint_change));
    if (!self->items) goto free_self;
    self->source = source;
    return edo_seq_init(&self->base, &seq, sizeof(edo_endpoint_change));

free_self:
    edoi_free(self);
    if (source) source_unref(source);
    return NULL;
}
