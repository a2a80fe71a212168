/* SPDX-License-Identifier: MIT */
/* Goal: filters and receivers are exchanged while threads log. A receiver is told of nothing after
 * its drop, which waits for the call that is under way; nor of an event that began before it was
 * there. What a site keeps is never used with filters of later: after an exchange each event is
 * told to those who want it. */
#include "model.h"

#include "log/out/output.h"
#include "log/receivers.h"
#include "log/scratch.h"
#include "log/span/clock.h"
#include "log/span/span.h"
#include "log/wanted.h"

#include <edo/receiver.h>

/* ---- What lies below, and has no part in it -------------------------------------------------- */

static edoi_log_scratch places[3];

edoi_log_scratch *edoi_log_scratch_take(void) {
    edoi_log_scratch *s = places;
    while (edoi_swap_acq_u32(&s->is_used, 1) != 0) s++; // of three threads
    return s;
}

void edoi_log_scratch_give(edoi_log_scratch *s) {
    edoi_store_rel_u32(&s->is_used, 0);
}

const char *edoi_target_of(const char *target, const char *file, size_t *n) {
    (void)file;
    *n = 4;
    return target;
}

void edoi_log_outputs_count(uint64_t n) {
    MODEL_CHECK(n == 0);
}

const edo_span *edoi_span_here(void) {
    return NULL;
}

size_t edoi_field_text(char text[EDOI_FIELD_TEXT_MAX], const edo_kv *kv) {
    (void)text, (void)kv;
    return 0;
}

edoi_span_fields *edoi_span_fields_next(const edoi_span_fields *f) {
    (void)f;
    return NULL;
}

bool edoi_span_has_ended(const edo_span *s) {
    return s == NULL;
}

uint64_t edoi_span_took_ns(const edo_span *s) {
    return s != NULL;
}

void edoi_span_clock_forget(void) {}

int edo_log_set_filter(edo_str filter) {
    return filter.len > 0;
}

/* ---- A receiver, and an event ---------------------------------------------------------------- */

typedef struct heard {
    edo_atomic_u32 n;  // events
    edo_atomic_u32 in; // threads that tell it
    bool is_dropped;   // plain: an event that comes with the drop, or after it, is a race
    bool wants_none;
} heard;

static heard first, second;

static void on_event(void *arg, const edo_event *e) {
    heard *h = arg;
    (void)e;
    edoi_add_rlx_u32(&h->in, 1);
    MODEL_CHECK(!h->is_dropped && !h->wants_none);
    edoi_add_rlx_u32(&h->n, 1);
    edoi_sub_rlx_u32(&h->in, 1);
}

static void on_drop(void *arg) {
    heard *h = arg;
    MODEL_CHECK(edoi_load_rlx_u32(&h->in) == 0);
    h->is_dropped = true;
}

static const edo_receiver_ops ops = { .event = on_event, .drop = on_drop };

static edo_receiver *add(heard *h, edo_level level) {
    edo_receiver *r = NULL;
    MODEL_CHECK(edo_log_add(&r, &ops, h, &(edo_receiver_opts){ .level = level }) == 0);
    return r;
}

static edo_callsite site = { "shop", "a.c", "f", 1, EDO_LEVEL_DEBUG, { 0 }, NULL };

EDO_PRINTF(2, 3)
static void tell(uint32_t who, const char *format, ...) {
    const edoi_event event = { .site = &site };
    va_list args;
    va_start(args, format);
    edoi_receivers_tell_line(who, &event, format, args);
    va_end(args);
}

/* As the macro of an event does it. */
static void say(void) {
    uint32_t who =
        edoi_load_rlx_u32(&edoi_log_level_max) >= EDO_LEVEL_DEBUG ? edoi_log_wants(&site) : 0;
    if (who) tell(who, "said");
}

static void says(void *arg) {
    (void)arg;
    say();
}

static uint32_t heard_n(heard *h) {
    return edoi_load_rlx_u32(&h->n);
}

/* ---- Models ---------------------------------------------------------------------------------- */

static void an_event_against_a_removal(void) {
    edo_receiver *r = add(&first, EDO_LEVEL_DEBUG);
    edoi_model_start(says, NULL);
    edo_log_remove(r);
    edoi_model_wait();
    MODEL_CHECK(first.is_dropped && heard_n(&first) <= 1);
    uint32_t before = heard_n(&first);
    say();
    MODEL_CHECK(heard_n(&first) == before);
}

static void two_events_against_a_removal(void) {
    edo_receiver *r = add(&first, EDO_LEVEL_DEBUG);
    edoi_model_start(says, NULL);
    edoi_model_start(says, NULL);
    edo_log_remove(r);
    edoi_model_wait();
    MODEL_CHECK(first.is_dropped && heard_n(&first) <= 2);
}

static void a_site_follows_a_new_filter(void) {
    edo_receiver *r = add(&first, EDO_LEVEL_ERROR);
    edoi_model_start(says, NULL);
    MODEL_CHECK(edo_receiver_set_filter(r, EDO_STR("debug")) == 0);
    edoi_model_wait();
    uint32_t before = heard_n(&first);
    say();
    MODEL_CHECK(before <= 1 && heard_n(&first) == before + 1);
    MODEL_CHECK(edo_receiver_set_filter(r, EDO_STR("error")) == 0);
    say();
    MODEL_CHECK(heard_n(&first) == before + 1);
    edo_log_remove(r);
}

static void refilters(void *arg) {
    MODEL_CHECK(edo_receiver_set_filter(*(edo_receiver **)arg, EDO_STR("error")) == 0);
}

/* The level of all is that of all filters, whoever has changed which last. */
static void two_filters_change(void) {
    edo_receiver *a = add(&first, EDO_LEVEL_DEBUG), *b = add(&second, EDO_LEVEL_ERROR);
    edoi_model_start(refilters, &a);
    edoi_model_start(says, NULL);
    MODEL_CHECK(edo_receiver_set_filter(b, EDO_STR("debug")) == 0);
    edoi_model_wait();
    uint32_t first_n = heard_n(&first), second_n = heard_n(&second);
    say();
    MODEL_CHECK(heard_n(&first) == first_n && heard_n(&second) == second_n + 1);
    edo_log_remove(a);
    edo_log_remove(b);
    MODEL_CHECK(edoi_load_rlx_u32(&edoi_log_level_max) == 0);
}

/* The place of a receiver is another's while an event is on its way to it. */
static void an_event_is_not_told_to_who_comes_later(void) {
    edo_receiver *r = add(&first, EDO_LEVEL_DEBUG);
    second.wants_none = true;
    edoi_model_start(says, NULL);
    edo_log_remove(r);
    r = add(&second, EDO_LEVEL_ERROR);
    edoi_model_wait();
    edo_log_remove(r);
    MODEL_CHECK(first.is_dropped && second.is_dropped);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(an_event_against_a_removal),
        MODEL(two_events_against_a_removal),
        MODEL(a_site_follows_a_new_filter),
        MODEL(two_filters_change),
        MODEL(an_event_is_not_told_to_who_comes_later),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
