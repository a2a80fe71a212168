/* SPDX-License-Identifier: MIT */
/* log/span/span.h: a span: what was said when it was opened, what was added, and how it ended.
 * Where it is open is known above: runtime/spawn/span.c.
 *
 * inv. 1: fields are only added: a group never changes once another thread can find it.
 * inv. 2: a span ends once: who ends it first says how.
 * inv. 3: a span keeps at most EDOI_SPAN_KEPT_MAX spans around it: a task that starts the next one
 *         in its span, and so on for ever, would keep all of them.
 * inv. 1 is not asserted: a group does not know who has found it. */
#ifndef EDOI_LOG_SPAN_SPAN_H
#define EDOI_LOG_SPAN_SPAN_H

#include "base/atomic.h"
#include "base/lock.h"

#include <edo/span.h>

#include <time.h>

#define EDOI_SPAN_LINKS_MAX 8u
#define EDOI_SPAN_DEPTH_MAX 16u /* spans that a line names: the innermost */
#define EDOI_SPAN_KEPT_MAX  (2 * EDOI_SPAN_DEPTH_MAX)
#define EDOI_SPAN_ADDED_MAX 128u /* fields that edo_span_record() adds to a span */

/* Fields that were said together, with their texts. */
typedef struct edoi_span_fields {
    edo_atomic_ptr next; /* atomic: SF1 */
    uint32_t n;
    uint32_t bytes; /* of memory */
    edo_kv kv[];
} edoi_span_fields;

typedef struct edoi_span_id {
    unsigned char trace[16], id[8];
    bool is_sampled;
} edoi_span_id;

/* What caused a span, beside its parent. */
typedef struct edoi_span_links {
    uint32_t n;
    edoi_span_id at[EDOI_SPAN_LINKS_MAX];
} edoi_span_links;

struct edo_span {
    const edo_callsite *site; /* const; NULL: of another program */
    const char *name;         /* const */
    edo_span *parent;         /* const, shared; NULL: none */
    edoi_span_id self;        /* const */
    bool is_silent;           /* const; nothing is said in it, and no span is made */
    bool is_light;            /* const; it keeps no fields and no times, and is not reported */
    bool is_far;           /* const; without site: it stands for a span of this program; inv. 3 */
    uint8_t depth;         /* const; how many it keeps around it; inv. 3 */
    struct timespec began; /* const; wall clock */
    int64_t began_ns;      /* const; monotonic clock */
    edo_atomic_u32 is_ending; /* atomic, relaxed: who sets it ends the span; inv. 2 */
    edo_atomic_u64 added;   /* atomic, relaxed: fields of edo_span_record(), also those left out */
    edo_atomic_u64 took_ns; /* atomic: SF2; and 1; 0: it is open */
    int result;             /* once it has ended; written before `took_ns` */
    edoi_lock lock;         /* leaf; guards the next two */
    edoi_span_fields *last;
    edoi_span_links *links;  /* NULL: none */
    edoi_span_fields *first; /* const: in the span's own memory; NULL: it keeps none */
};

/* What is bound for it. */
extern EDO_API const edo_context_key edoi_span_key;

/* Does it keep fields? Not one of another program, a light one, or NULL. */
EDOI_INLINE bool edoi_span_has_fields(const edo_span *s) {
    return s && s->site && !s->is_light;
}

/* The next group of fields; NULL: none. */
edoi_span_fields *edoi_span_fields_next(const edoi_span_fields *f);

EDO_API bool edoi_span_has_ended(const edo_span *s);

/* How long it took, once it has ended; 0 before. */
uint64_t edoi_span_took_ns(const edo_span *s);

/* Copies its links, and returns how many there are. */
EDO_API uint32_t edoi_span_get_links(const edo_span *s, edoi_span_id out[EDOI_SPAN_LINKS_MAX]);

/* How many fields of edo_span_record() had no room. */
EDO_API uint32_t edoi_span_left_out(const edo_span *s);

/* Ends it with a result; false: it has ended before. edoi_span_close() (log/start.h) reports the
 * end to receivers. */
bool edoi_span_finish(edo_span *s, int result);

/* Fills in numbers that no other span has. */
EDO_API void edoi_span_id_fill(edoi_span_id *id);

/* Is a new trace with that id to be sampled, by the ratio of edo_span_sample()? */
EDO_API bool edoi_span_trace_is_sampled(const unsigned char trace[16]);

/* Fills in the trace of a plan: its parent's, or a new one. */
void edoi_span_plan_trace(edoi_span_plan *p);

/* A span that stands for one of another program; NULL without memory. */
EDO_API edo_span *edoi_span_of(const edoi_span_id *id);

/* A span in which events are delivered to no log or receiver, and no span is made: for exporters of
 * lines and spans. NULL without memory. */
EDO_MUST_USE EDO_API edo_span *edoi_span_silent(void);

/* Binds such a span until edo_context_end(). */
EDO_API void edoi_span_silence(edo_context_block *b, edo_span *silent);

/* The span of here, for lines; NULL: none. */
const edo_span *edoi_span_here(void);

/* What knows the span of here. Set once a span is opened; before there is none. */
typedef edo_span *edoi_span_here_fn(void);
void edoi_span_here_by(edoi_span_here_fn *fn);

#endif
