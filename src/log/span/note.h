/* SPDX-License-Identifier: MIT */
/* log/span/note.h: what edo's own spans have in common: optional fields, several fields recorded at
 * once, and access to the current span, for code that adds a field to it. */
#ifndef EDOI_LOG_SPAN_NOTE_H
#define EDOI_LOG_SPAN_NOTE_H

#include <edo/span.h>

/* The span of here, for a field about what was done; NULL, at the cost of a load, where no span of
 * the level INFO can be. */
EDOI_INLINE edo_span *edoi_span_to_note(void) {
    return EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO) ? edo_span_current() : NULL;
}

/* A field with this text; none if it has no bytes. A span leaves out fields without a key. */
EDOI_INLINE edo_kv edoi_kv_some(const char *key, edo_str text) {
    return text.len > 0 ? edoi_kv_str(key, text.ptr, text.len) : edoi_kv_none();
}

/* A field with this number; none if it is 0 or less. */
EDOI_INLINE edo_kv edoi_kv_above_0(const char *key, int64_t number) {
    return number > 0 ? edoi_kv_int(key, number) : edoi_kv_none();
}

/* Was it made by spans of that target? */
EDO_API bool edoi_span_is_of(const edo_span *s, const char *target);

/* As edo_span_record(), of `n` fields, none of them with a description. */
EDO_API void edoi_span_record_all(edo_span *s, const edo_kv *fields, size_t n);

#endif
