/* SPDX-License-Identifier: MIT */
/* apps/console/views.h: a look as tables. */
#ifndef CONSOLE_VIEWS_H
#define CONSOLE_VIEWS_H

#include "looks.h"
#include "table.h"

typedef enum view {
    VIEW_TASKS,
    VIEW_SITES,
    VIEW_LOCKS,
    VIEW_CHANNELS,
    VIEW_CONNECTIONS,
    VIEW_OPEN,
    VIEW_WORKERS,
    VIEWS_N,
} view;

#define VIEW_HOLDERS_MAX 8u /* of a lock that a look tells; it may have more */

typedef struct view_kind {
    const char *name, *title;
    int key; /* that shows it */
} view_kind;

extern const view_kind view_kinds[VIEWS_N];

/* Fills in the table of a view. Its texts lie in the look, in `arena`, or are literals. */
void view_table(table *t, view v, const looks *l, edo_arena *arena, bool is_ascii);

/* What is in no row, since looks are bounded: tasks, locks, or objects that are open. */
uint64_t view_rest(view v, const edoi_look_update *u);

/* Is a task in a cycle of tasks that wait for each other? */
bool view_is_in_cycle(const edoi_look_update *u, uint64_t task);

#endif
