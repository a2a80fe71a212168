/* SPDX-License-Identifier: MIT */
/* edo/protobuf_known.h: messages of google.protobuf that a program handles by itself: an Any,
 * packed and unpacked by the type of what it holds; a Timestamp and a Duration as edo's own times.
 *
 *     google_protobuf_any any;
 *     int err = edo_protobuf_any_pack(&any, "shop.v1.Order", &order, &shop_v1_order_desc, &arena);
 *     …
 *     if (edo_protobuf_any_is(&any, "shop.v1.Order"))
 *         err = edo_protobuf_any_unpack(&order, &shop_v1_order_desc, &any, "shop.v1.Order", &arena);
 *
 * Unless a function says otherwise:
 * Threads: any, at once; an arena one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_PROTOBUF_KNOWN_H
#define EDO_PROTOBUF_KNOWN_H

#include <edo/protobuf.h>
#include <edo/time.h>

#include <google/protobuf/any.edo.h>
#include <google/protobuf/duration.edo.h>
#include <google/protobuf/timestamp.edo.h>

EDO_BEGIN_DECLS

/* ---- Any ------------------------------------------------------------------------------------- */

/** Packs the struct at `value`. `type` is the full name of its message in the .proto,
 * "shop.v1.Order"; the URL is "type.googleapis.com/" with that behind it.
 * Owns:    fills `out`, on success only; all that it points to is the arena's.
 * Errors:  as edo_protobuf_encode() */
EDO_MUST_USE EDO_API int edo_protobuf_any_pack(google_protobuf_any *out, const char *type,
                                               const void *value, const edo_desc *desc,
                                               edo_arena *arena);

/** Returns the name of the type of what it holds: what stands behind the last slash of its URL;
 * without one all of it; no bytes: it holds nothing.
 * Owns:    lives as long as the URL. */
EDO_API edo_str edo_protobuf_any_type(const google_protobuf_any *any);

/** Returns whether it holds a message of that name. NULL holds none. */
EDO_API bool edo_protobuf_any_is(const google_protobuf_any *any, const char *type);

/** Unpacks a message of that name into the struct at `out`.
 * Owns:    fills `out`; all of it is the arena's. Copies: `any` is not needed after it.
 * Errors:  -ENOENT  it holds another one, or nothing, or is NULL;  as edo_protobuf_decode() */
EDO_MUST_USE EDO_API int edo_protobuf_any_unpack(void *out, const edo_desc *desc,
                                                 const google_protobuf_any *any, const char *type,
                                                 edo_arena *arena);

/* ---- Times ----------------------------------------------------------------------------------- */

/** Set a message to a time of edo's: all of it, so that it keeps nothing unknown.
 * Owns:    fill `t`, on success only.
 * Errors:  of the first: -ERANGE  it is not of the years 1 to 9999, or its nanoseconds are not 0 to
 *          999,999,999; the second takes all */
EDO_MUST_USE EDO_API int edo_protobuf_timestamp_set(google_protobuf_timestamp *t, edo_wall time);
EDO_API void edo_protobuf_duration_set(google_protobuf_duration *t, edo_duration length);

/** Read a message as a time of edo's. `t` may be NULL, as a field is that is not there.
 * Owns:    fill `out`, on success only.
 * Errors:  -ENOENT  it is NULL
 *          -ERANGE  no such value of protobuf: a Timestamp as above, a Duration of more than
 *                   315,576,000,000 s, or whose two parts have other signs; or a Duration that is
 *                   longer than an edo_duration, of some 292 years */
EDO_MUST_USE EDO_API int edo_protobuf_timestamp_get(edo_wall *out,
                                                    const google_protobuf_timestamp *t);
EDO_MUST_USE EDO_API int edo_protobuf_duration_get(edo_duration *out,
                                                   const google_protobuf_duration *t);

EDO_END_DECLS

#endif
