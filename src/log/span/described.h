/* SPDX-License-Identifier: MIT */
/* log/span/described.h: fields that are described values (EDO_KV_OF()), as what lines have. */
#ifndef EDOI_LOG_SPAN_DESCRIBED_H
#define EDOI_LOG_SPAN_DESCRIBED_H

#include <edo/log.h>

/* Fields of an event or span, with texts in the place of values. */
typedef struct edoi_described {
    const edo_kv *kv; /* as many as there were */
    edo_kv *own;      /* NULL: `kv` is the program's */
    edo_buf text;
} edoi_described;

/* Fills in `d`. Without memory the described values are null. */
void edoi_described_begin(edoi_described *d, const edo_kv *kv, size_t n);
void edoi_described_end(edoi_described *d);

#endif
