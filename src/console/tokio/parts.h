/* SPDX-License-Identifier: MIT */
/* console/tokio/parts.h: what messages of several kinds are made of. */
#ifndef EDOI_CONSOLE_TOKIO_PARTS_H
#define EDOI_CONSOLE_TOKIO_PARTS_H

#include "console/live/rows.h"
#include "console/settings/text.h"

#include "console/made/rs/tokio/console/instrument.edo.h"

/* Ids of metadata. */
#define EDOI_META_TASK     1u
#define EDOI_META_RESOURCE 2u
#define EDOI_META_WAIT     3u

#define EDOI_TOKIO_TEXT_MAX 120u /* bytes of a name; the recorder keeps no more */

/* Zeros, of an arena; NULL: there is no memory. */
void *edoi_tokio_new(edo_arena *arena, size_t n, size_t bytes);

/* A time by the system's clock; NULL of 0, which has not been yet. */
google_protobuf_timestamp *edoi_tokio_time(google_protobuf_timestamp *to, const edoi_live *l,
                                           int64_t ns);

google_protobuf_duration *edoi_tokio_duration(google_protobuf_duration *to, int64_t ns);

/* Adds resources and async operations to an update. Errors: -ENOMEM */
EDO_MUST_USE int edoi_tokio_put_waits(rs_tokio_console_instrument_update *out, const edoi_live *l,
                                      const edoi_live_watcher *w, edo_arena *arena);

#endif
