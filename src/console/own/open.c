/* SPDX-License-Identifier: MIT */
/* console/own/open.c: what is open, of a look. */
#include "console/own/looks.h"
#include "console/settings/clock.h"
#include "runtime/look/rows.h"
#include "runtime/watch/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct open_kind {
    const char *kind;
    edo_console_v1_open_group_ group;
} open_kind;

/* A kind that is not here is another one. */
static const open_kind open_kinds[] = {
    { "mpsc", EDO_CONSOLE_V1_CHANNEL_ },
    { "chan", EDO_CONSOLE_V1_CHANNEL_ },
    { "broadcast", EDO_CONSOLE_V1_CHANNEL_ },
    { "pool object", EDO_CONSOLE_V1_POOL_ },
    { "HTTP connection", EDO_CONSOLE_V1_CONNECTION_ },
    { "client connection", EDO_CONSOLE_V1_CONNECTION_ },
    { "descriptor", EDO_CONSOLE_V1_DESCRIPTOR_ },
    { "other descriptor", EDO_CONSOLE_V1_DESCRIPTOR_ },
};

static edo_console_v1_open_group_ open_group_of(const char *kind) {
    for (size_t i = 0; i < EDO_COUNT(open_kinds); i++)
        if (strcmp(open_kinds[i].kind, kind) == 0) return open_kinds[i].group;
    return EDO_CONSOLE_V1_OTHER_;
}

/* Tasks and their waits have their own message, which says more. */
static bool is_told_elsewhere(const edoi_open_row *r) {
    return strcmp(r->kind, "task") == 0 || strcmp(r->kind, "wait") == 0;
}

static void open_put(edoi_look_open *to, const edoi_open_row *r, edo_arena *arena, int64_t now_ns) {
    char name[EDOI_LOOK_TEXT_MAX + 1];
    edoi_open_name(name, sizeof name, r);
    *to = (edoi_look_open){
        .group = open_group_of(r->kind),
        .kind = edoi_look_text(arena, r->kind),
        .name = edoi_look_text(arena, name),
        .state = edoi_look_text(arena, r->state),
        .n = r->n,
        .values = r->values,
        .most = r->most,
        .limit = r->limit,
        .waiting = r->waiting,
        .oldest_tenths =
            r->since_ns == 0 || r->since_ns > now_ns ? -1 : edoi_look_tenths(now_ns - r->since_ns),
    };
}

int edoi_look_at_open(edoi_look_update *out, edo_arena *arena) {
    edoi_open_table *table = malloc(sizeof *table);
    if (!table) return -ENOMEM;
    edoi_registry_acquire();
    edoi_open_look(table, EDOI_OPEN_BESIDE_TASKS);
    edoi_registry_release();
    const int64_t now_ns = edoi_console_clock_ns(CLOCK_MONOTONIC);
    out->open = edoi_look_list(arena, table->rows_n, sizeof *out->open);
    for (uint32_t i = 0; out->open && i < table->rows_n; i++)
        if (!is_told_elsewhere(&table->rows[i]))
            open_put(&out->open[out->open_n++], &table->rows[i], arena, now_ns);
    out->open_rest = table->rest_n;
    free(table);
    return 0;
}
