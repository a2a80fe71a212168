/* SPDX-License-Identifier: MIT */
/* stores/wires.h: programs as of nodes.h that tell each other what they have kept by wires, which
 * the test moves by hand. */
#ifndef CHAT_TESTS_WIRES_H
#define CHAT_TESTS_WIRES_H

#include "node/carried.h"
#include "node/hearing.h"
#include "nodes.h"

enum { WIRE = 64 };

/* What a node has told, as the others get it. */
typedef struct wire {
    room_carrier ways;
    edo_buf told[WIRE];
    size_t n;
    unsigned changes_n; /* of the rooms that have members */
} wire;

static wire wires[NODES];
static hearing_tellers tellers;

static inline void wire_kept(void *arg, message *m) {
    wire *self = arg;
    CHECK(self->n < WIRE);
    CHECK_EQ(carried_print(&self->told[self->n++], m, "another"), 0);
}

static inline void wire_followed(void *arg) {
    ((wire *)arg)->changes_n++;
}

static inline void start_wired(void) {
    start_nodes();
    CHECK_EQ(hearing_begin(&tellers), 0);
    for (size_t i = 0; i < NODES; i++) {
        wires[i] =
            (wire){ .ways = { .kept = wire_kept, .followed = wire_followed, .arg = &wires[i] } };
        directory_set_carrier(&nodes[i].in, &wires[i].ways);
    }
}

static inline void end_wired(void) {
    hearing_end(&tellers);
    for (size_t i = 0; i < NODES; i++) {
        for (size_t j = 0; j < wires[i].n; j++) edo_buf_deinit(&wires[i].told[j]);
    }
    end_nodes();
}

/* The message comes to the node; deliver(): and everybody there is told. */
static inline void begin_delivery(node *to, edo_str text) {
    edo_arena of = { 0 };
    saying what;
    edo_str by;
    CHECK_EQ(carried_read(text, &of, &what, &by), 0);
    CHECK(edo_str_equal(by, EDO_STR("another")));
    hearing_take(&to->in, &what, &tellers);
    edo_arena_deinit(&of);
}

static inline void deliver(node *to, edo_str text) {
    begin_delivery(to, text);
    while (edo_tracker_len(&tellers.all) > 0) CHECK_EQ(edo_yield(), 0);
}

#endif
