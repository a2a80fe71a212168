/* SPDX-License-Identifier: MIT */
/* otlp/encode/span.h: a span that has ended as a message (opentelemetry/proto/trace/v1, Span), and
 * an event as one (logs/v1, LogRecord). */
#ifndef EDOI_OTLP_ENCODE_SPAN_H
#define EDOI_OTLP_ENCODE_SPAN_H

#include "log/span/span.h"
#include "otlp/encode/attr.h"

#include <edo/receiver.h>

/* What is written: of a span that has ended, or an event. */
typedef struct edoi_otlp_told {
    edoi_otlp_attrs attrs;
    const edo_span *span;   /* the ended span, or the span around the event; NULL: none */
    const edo_event *event; /* NULL: it is a span */
    const edo_kv *kind;     /* its field otel.kind; NULL: none */
    const edo_kv *name;     /* its field otel.name; NULL: none */
    edo_kv error;           /* error.type of a result, where no field has it */
    edoi_span_id links[EDOI_SPAN_LINKS_MAX];
    uint32_t links_n;
} edoi_otlp_told;

/* Fill in what the next two write; `t` borrows all. */
void edoi_otlp_tell_span(edoi_otlp_told *t, const edo_span *ended);
void edoi_otlp_tell_event(edoi_otlp_told *t, const edo_event *e);

/* Write the fields of the message. `arg` is an edoi_otlp_told. */
void edoi_otlp_put_span(edoi_otlp_out *out, const void *arg);
void edoi_otlp_put_event(edoi_otlp_out *out, const void *arg);

#endif
