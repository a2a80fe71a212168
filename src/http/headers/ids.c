/* SPDX-License-Identifier: MIT */
/* http/headers/ids.c: see ids.h. */
#include "http/headers/ids.h"
#include "http/headers/map.h"

#include <errno.h>
#include <string.h>

#define STATE_MAX 4096u // bytes of a trace's state

static const edo_context_key ids_key = { .name = "ids of a request" };

/* ---- What is bound --------------------------------------------------------------------------- */

/* Copies `s` to `*to`, behind which there is room, and moves that on. */
static void ids_copy_text(char **to, edo_str *s) {
    if (s->len > 0) memcpy(*to, s->ptr, s->len);
    s->ptr = *to;
    *to += s->len;
}

int edoi_ids_begin(edo_context_block *b, const edoi_ids *ids) {
    edoi_ids all = edoi_ids_here();
    if (ids->request.len > 0) all.request = ids->request;
    if (ids->parent.len > 0) all.parent = ids->parent, all.state = ids->state;
    edoi_ids *bound =
        edo_rc_new(sizeof *bound + all.request.len + all.parent.len + all.state.len, NULL);
    if (!bound) return -ENOMEM;
    char *to = (char *)(bound + 1);
    ids_copy_text(&to, &all.request);
    ids_copy_text(&to, &all.parent);
    ids_copy_text(&to, &all.state);
    *bound = all;
    edo_context_begin(b, &ids_key, bound);
    edo_rc_unref(bound); // the block has it
    return 0;
}

edoi_ids edoi_ids_here(void) {
    const edoi_ids *bound = edo_context_get(&ids_key);
    return bound ? *bound : (edoi_ids){ .request = { 0 } };
}

/* ---- What goes along ------------------------------------------------------------------------- */

static int pass_on(edo_headers *h, edo_str name, edo_str value) {
    if (value.len == 0 || edo_headers_get_named(h, name).ptr) return 0;
    return edo_headers_append_named(h, name, value);
}

/* The state of a trace has no meaning beside another parent; one that is longer than anybody has to
 * pass on (W3C Trace Context, section 3.3.1.5) would leave no room for the rest of the head. */
int edoi_ids_pass_on(edo_headers *h, const edoi_ids *ids) {
    bool has_parent = edo_headers_get(h, EDO_HEADER_TRACEPARENT).ptr != NULL;
    int err = pass_on(h, EDO_STR("x-request-id"), ids->request);
    if (err == 0 && !has_parent) err = pass_on(h, EDO_STR("traceparent"), ids->parent);
    if (err < 0 || has_parent || ids->state.len > STATE_MAX) return err;
    return pass_on(h, EDO_STR("tracestate"), ids->state);
}

#define TRACE_N 35u /* of a traceparent: version and trace */

/* Are both steps of one trace? */
static bool ids_are_of_one_trace(edo_str a, edo_str b) {
    return a.len > TRACE_N && b.len > TRACE_N && memcmp(a.ptr, b.ptr, TRACE_N) == 0;
}

int edoi_ids_pass_here(edo_headers *h) {
    char text[EDO_TRACEPARENT_BYTES];
    edoi_ids ids = edoi_ids_here();
    const edo_str step = { text, edo_span_traceparent(edo_span_current(), text) };
    if (step.len > 0) {
        if (!ids_are_of_one_trace(step, ids.parent)) ids.state.len = 0;
        ids.parent = step;
    }
    return edoi_ids_pass_on(h, &ids);
}

int edoi_ids_set_step(edo_headers *h, const edo_span *s) {
    char text[EDO_TRACEPARENT_BYTES], *to;
    const edo_str step = { text, edo_span_traceparent(s, text) };
    const edo_str was = edo_headers_get(h, EDO_HEADER_TRACEPARENT);
    if (step.len == 0 || edo_str_equal(step, was)) return 0;
    if (!ids_are_of_one_trace(step, was)) (void)edo_headers_remove(h, EDO_HEADER_TRACESTATE);
    int err = edoi_headers_set_room(h, EDO_HEADER_TRACEPARENT, &to, step.len);
    if (err == 0) memcpy(to, text, step.len);
    return err;
}
