/* SPDX-License-Identifier: MIT */
/* otlp/encode/attr.h: attributes: a key with a value of any type (KeyValue and AnyValue of
 * opentelemetry/proto/common/v1). */
#ifndef EDOI_OTLP_ENCODE_ATTR_H
#define EDOI_OTLP_ENCODE_ATTR_H

#include "otlp/encode/wire.h"

#include <edo/log.h>

#define EDOI_OTLP_ATTRS_MAX 128u /* of a span or event: what OpenTelemetry allows */

/* The fields that are attributes: each key once, with the value that came last, and none for
 * exporters ("otel.…"). */
typedef struct edoi_otlp_attrs {
    const edo_kv *at[EDOI_OTLP_ATTRS_MAX];
    uint32_t n;
    uint32_t dropped; /* attributes that found no room */
} edoi_otlp_attrs;

void edoi_otlp_attrs_add(edoi_otlp_attrs *attrs, const edo_kv *kv);

/* The text of an attribute; no pointer: there is none, or it is no text. */
edo_str edoi_otlp_attrs_text(const edoi_otlp_attrs *attrs, const char *key);

/* Writes an attribute as a field; a whole value (AnyValue). */
void edoi_otlp_put_attr(edoi_otlp_out *out, uint32_t field, const edo_kv *kv);
void edoi_otlp_put_text_attr(edoi_otlp_out *out, uint32_t field, edo_str key, edo_str value);
void edoi_otlp_put_text_value(edoi_otlp_out *out, uint32_t field, edo_str value);

#endif
