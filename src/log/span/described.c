/* SPDX-License-Identifier: MIT */
/* log/span/described.c: see described.h. All texts lie in one buffer; one that is longer than a
 * value of a line may be is cut, and so no JSON any more but a text. */
#include "log/span/described.h"

#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "log/out/pieces.h"
#include "value/text/print.h"

#include <errno.h>

static bool has_described(const edo_kv *kv, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (kv[i].kind == EDO_KV_DESCRIBED) return true;
    return false;
}

/* Appends the value; in its place stands where the text begins, until all are there. */
static void described_print(edoi_described *d, edo_kv *kv) {
    size_t begin = d->text.len;
    int err = edoi_value_print_json(&d->text, kv->value.pointer, kv->desc);
    kv->kind = err < 0 ? EDO_KV_NONE : EDO_KV_JSON;
    kv->value.whole = begin;
    kv->text_n = d->text.len - begin;
    if (err == 0 && kv->text_n > EDOI_VALUE_MAX) kv->kind = EDO_KV_TEXT;
}

void edoi_described_begin(edoi_described *d, const edo_kv *kv, size_t n) {
    *d = (edoi_described){ .kv = kv };
    if (EDOI_LIKELY(!has_described(kv, n))) return;
    d->own = edoi_alloc(n * sizeof *kv);
    if (!d->own) return;
    int errno_before = errno;
    edoi_trail_kept kept = edoi_trail_keep(); // a line changes nothing of the program's error
    memcpy(d->own, kv, n * sizeof *kv);
    for (size_t i = 0; i < n; i++)
        if (kv[i].kind == EDO_KV_DESCRIBED) described_print(d, &d->own[i]);
    (void)edoi_trail_kept_end(kept, 0);
    errno = errno_before;
    for (size_t i = 0; i < n; i++)
        if (kv[i].kind == EDO_KV_DESCRIBED && d->own[i].kind != EDO_KV_NONE)
            d->own[i].value.text = d->text.ptr + d->own[i].value.whole;
    d->kv = d->own;
}

void edoi_described_end(edoi_described *d) {
    edo_buf_deinit(&d->text);
    edoi_free(d->own);
}
