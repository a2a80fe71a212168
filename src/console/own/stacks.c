/* SPDX-License-Identifier: MIT */
/* console/own/stacks.c: the stacks of a task, or of the tasks of a site, of many each second, third
 * or n-th. Equal ones are counted while tasks are pinned; what is at the addresses is found when
 * none is. */
#include "console/own/looks.h"
#include "runtime/look/tasks.h"
#include "stacks/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define STACKS_USUAL 16u
#define STACKS_MAX   64u
#define PINS_MAX     2000u /* tasks whose stacks are unwound, about */

typedef struct kept_stack {
    edoi_task_sight first;
    uint64_t n;
    int64_t wait_ns; /* the longest */
    edoi_text detail;
    bool first_is_exact;
    size_t pcs_n;
    void *pcs[EDOI_FRAMES_MAX];
} kept_stack;

typedef struct stacks_look {
    uint32_t max, n;
    uint64_t rest;
    kept_stack stacks[STACKS_MAX + 1]; /* behind the kept ones: the stack of this look */
    edoi_frame frames[EDOI_FRAMES_MAX];
} stacks_look;

/* ---- While tasks are pinned ------------------------------------------------------------------ */

/* Texts of the program that are equal may lie at two addresses. */
static bool is_same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool stack_is_same(const kept_stack *a, const kept_stack *b) {
    return is_same_text(a->first.site, b->first.site) && a->first.state == b->first.state &&
           is_same_text(a->first.awaits, b->first.awaits) && a->pcs_n == b->pcs_n &&
           memcmp(a->pcs, b->pcs, a->pcs_n * sizeof a->pcs[0]) == 0;
}

static void stacks_count(void *arg, const edoi_task_sight *s) {
    uint64_t *n = arg;
    if (s->state == EDOI_TASK_WAITS) ++*n;
}

static void stacks_add(void *arg, const edoi_task_sight *s) {
    stacks_look *l = arg;
    kept_stack *now = &l->stacks[l->n];
    if (s->state == EDOI_TASK_WAITS && !s->is_pinned) { // not its turn
        l->rest++;
        return;
    }
    now->first = *s;
    now->n = 1;
    now->wait_ns = s->wait_ns;
    now->pcs_n = edoi_task_sight_stack(s, now->pcs, EDOI_FRAMES_MAX, &now->first_is_exact);
    for (uint32_t i = 0; i < l->n; i++) {
        if (!stack_is_same(&l->stacks[i], now)) continue;
        l->stacks[i].n++;
        if (s->wait_ns > l->stacks[i].wait_ns) l->stacks[i].wait_ns = s->wait_ns;
        return;
    }
    if (l->n == l->max) {
        l->rest++;
        return;
    }
    now->detail.n = 0;
    now->detail.at[0] = '\0';
    edoi_task_sight_tell(s, &now->detail);
    l->n++;
}

/* ---- Afterwards ------------------------------------------------------------------------------ */

static void frames_put(stacks_look *l, edoi_look_stack *to, const kept_stack *from,
                       edo_arena *arena) {
    char place[EDOI_LOOK_TEXT_MAX + 1];
    (void)edoi_frames_find(l->frames, from->pcs, from->pcs_n, from->first_is_exact);
    to->frames = edoi_look_list(arena, from->pcs_n, sizeof *to->frames);
    for (; to->frames && to->frames_n < from->pcs_n; to->frames_n++) {
        const edoi_frame *f = &l->frames[to->frames_n];
        edoi_frame_tell_place(place, sizeof place, f);
        to->frames[to->frames_n] =
            (edoi_look_frame){ .function = edoi_look_text(arena, f->function),
                               .place = edoi_look_text(arena, place),
                               .edo = f->is_ours };
    }
}

static void stack_put(stacks_look *l, edoi_look_stack *to, const kept_stack *from,
                      edo_arena *arena) {
    *to = (edoi_look_stack){ .n = from->n,
                             .task = from->first.id,
                             .name = edoi_look_text(arena, from->first.site),
                             .state = (edo_console_v1_task_state_)from->first.state,
                             .awaits = edoi_look_text(arena, from->first.awaits),
                             .detail = edoi_look_text(arena, from->detail.at),
                             .wait_tenths = edoi_look_tenths(from->wait_ns) };
    frames_put(l, to, from, arena);
}

static int stacks_by_number(const void *a, const void *b) {
    const kept_stack *x = a, *y = b;
    return x->n < y->n ? 1 : x->n > y->n ? -1 : 0;
}

static void stacks_put(stacks_look *l, edoi_look_stacks_reply *out, edo_arena *arena) {
    qsort(l->stacks, l->n, sizeof l->stacks[0], stacks_by_number);
    out->rest = l->rest;
    out->stacks = edoi_look_list(arena, l->n, sizeof *out->stacks);
    edoi_frames_begin();
    for (; out->stacks && out->stacks_n < l->n; out->stacks_n++)
        stack_put(l, &out->stacks[out->stacks_n], &l->stacks[out->stacks_n], arena);
    edoi_frames_end();
}

int edoi_look_at_stacks(edoi_look_stacks_reply *out, edo_arena *arena,
                        const edoi_look_stacks_request *in) {
    const edo_str site = edoi_look_name(arena, in->site);
    edoi_tasks_look how = { .only = in->task, .every = EDOI_PIN_NONE };
    uint64_t tasks_n = 0;
    stacks_look *l = calloc(1, sizeof *l);
    if (!l || (in->site.len > 0 && !site.ptr)) {
        free(l);
        return -ENOMEM;
    }
    if (site.ptr) {
        how.is_site = edoi_look_is_told;
        how.site_arg = &site;
    }
    l->max = in->max == 0 ? STACKS_USUAL : in->max < STACKS_MAX ? in->max : STACKS_MAX;
    edoi_tasks_look_over(&how, stacks_count, &tasks_n);
    how.every = 1 + tasks_n / PINS_MAX;
    edoi_tasks_look_over(&how, stacks_add, l);
    stacks_put(l, out, arena);
    free(l);
    return 0;
}
