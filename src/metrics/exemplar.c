/* SPDX-License-Identifier: MIT */
/* metrics/exemplar.c: keeping and reading exemplars. */
#include "metrics/exemplar.h"

#include <string.h>
#include <time.h>

/* Letters and digits, so that the text needs no escapes. */
static bool exemplar_is_id(edo_str id) {
    if (id.len > EDO_EXEMPLAR_ID_BYTES_MAX) return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-') return false;
    }
    return true;
}

static int64_t now_ms(void) {
    struct timespec t = { 0 };
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static uint8_t copy_id(char *to, edo_str id) {
    if (id.len > 0) memcpy(to, id.ptr, id.len);
    return (uint8_t)id.len;
}

void edoi_exemplar_keep(edoi_exemplar_slot *slot, double value, const edo_exemplar *of) {
    if (of->trace_id.len == 0 || !exemplar_is_id(of->trace_id) || !exemplar_is_id(of->span_id))
        return;
    int64_t at_ms = now_ms();
    if (!edoi_lock_try(&slot->lock)) return;
    slot->kept.value = value;
    slot->kept.at_ms = at_ms;
    slot->kept.trace_bytes = copy_id(slot->kept.trace_id, of->trace_id);
    slot->kept.span_bytes = copy_id(slot->kept.span_id, of->span_id);
    edoi_lock_release(&slot->lock);
}

bool edoi_exemplar_read(edoi_exemplar_slot *slot, edoi_exemplar_kept *out) {
    if (!edoi_lock_try(&slot->lock)) return false;
    *out = slot->kept;
    edoi_lock_release(&slot->lock);
    return out->trace_bytes > 0;
}
