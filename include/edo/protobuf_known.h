/* SPDX-License-Identifier: MIT */
/* edo/protobuf_known.h: messages of google.protobuf that a program handles by itself: an Any,
 * packed and unpacked by the type of what it holds.
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

#include <google/protobuf/any.edo.h>

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

EDO_END_DECLS

#endif
