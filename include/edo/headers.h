/* SPDX-License-Identifier: MIT */
/* edo/headers.h: header fields of a message: names, values, and the map of them (RFC 9110 section
 * 5). In libedo-http.
 *
 * A map keeps its fields in order, also several of one name. An empty one holds no memory. Standard
 * names are numbers (EDO_HEADER_HOST), so that a look-up compares numbers; the functions in _named
 * take any name, in any case.
 *
 *     edo_headers h;
 *     edo_headers_init(&h);
 *     int err = edo_headers_set(&h, EDO_HEADER_CONTENT_TYPE, EDO_STR("text/plain"));
 *     if (err == 0) err = edo_headers_append_named(&h, EDO_STR("x-cache"), EDO_STR("hit"));
 *     edo_str type = edo_headers_get(&h, EDO_HEADER_CONTENT_TYPE);
 *     edo_headers_deinit(&h);
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_HEADERS_H
#define EDO_HEADERS_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>

EDO_BEGIN_DECLS

/* ---- Names ----------------------------------------------------------------------------------- */

/* Standard names: X(NAME, "name"). */
#define EDO_HEADER_NAMES(X)                                                                        \
    X(ACCEPT, "accept")                                                                            \
    X(ACCEPT_CHARSET, "accept-charset")                                                            \
    X(ACCEPT_ENCODING, "accept-encoding")                                                          \
    X(ACCEPT_LANGUAGE, "accept-language")                                                          \
    X(ACCEPT_RANGES, "accept-ranges")                                                              \
    X(ACCESS_CONTROL_ALLOW_CREDENTIALS, "access-control-allow-credentials")                        \
    X(ACCESS_CONTROL_ALLOW_HEADERS, "access-control-allow-headers")                                \
    X(ACCESS_CONTROL_ALLOW_METHODS, "access-control-allow-methods")                                \
    X(ACCESS_CONTROL_ALLOW_ORIGIN, "access-control-allow-origin")                                  \
    X(ACCESS_CONTROL_EXPOSE_HEADERS, "access-control-expose-headers")                              \
    X(ACCESS_CONTROL_MAX_AGE, "access-control-max-age")                                            \
    X(ACCESS_CONTROL_REQUEST_HEADERS, "access-control-request-headers")                            \
    X(ACCESS_CONTROL_REQUEST_METHOD, "access-control-request-method")                              \
    X(AGE, "age")                                                                                  \
    X(ALLOW, "allow")                                                                              \
    X(ALT_SVC, "alt-svc")                                                                          \
    X(AUTHORIZATION, "authorization")                                                              \
    X(BAGGAGE, "baggage")                                                                          \
    X(CACHE_CONTROL, "cache-control")                                                              \
    X(CONNECTION, "connection")                                                                    \
    X(CONTENT_DISPOSITION, "content-disposition")                                                  \
    X(CONTENT_ENCODING, "content-encoding")                                                        \
    X(CONTENT_LANGUAGE, "content-language")                                                        \
    X(CONTENT_LENGTH, "content-length")                                                            \
    X(CONTENT_LOCATION, "content-location")                                                        \
    X(CONTENT_RANGE, "content-range")                                                              \
    X(CONTENT_SECURITY_POLICY, "content-security-policy")                                          \
    X(CONTENT_TYPE, "content-type")                                                                \
    X(COOKIE, "cookie")                                                                            \
    X(DATE, "date")                                                                                \
    X(DNT, "dnt")                                                                                  \
    X(EARLY_DATA, "early-data")                                                                    \
    X(ETAG, "etag")                                                                                \
    X(EXPECT, "expect")                                                                            \
    X(EXPIRES, "expires")                                                                          \
    X(FORWARDED, "forwarded")                                                                      \
    X(FROM, "from")                                                                                \
    X(HOST, "host")                                                                                \
    X(IF_MATCH, "if-match")                                                                        \
    X(IF_MODIFIED_SINCE, "if-modified-since")                                                      \
    X(IF_NONE_MATCH, "if-none-match")                                                              \
    X(IF_RANGE, "if-range")                                                                        \
    X(IF_UNMODIFIED_SINCE, "if-unmodified-since")                                                  \
    X(KEEP_ALIVE, "keep-alive")                                                                    \
    X(LAST_EVENT_ID, "last-event-id")                                                              \
    X(LAST_MODIFIED, "last-modified")                                                              \
    X(LINK, "link")                                                                                \
    X(LOCATION, "location")                                                                        \
    X(MAX_FORWARDS, "max-forwards")                                                                \
    X(ORIGIN, "origin")                                                                            \
    X(PERMISSIONS_POLICY, "permissions-policy")                                                    \
    X(PRAGMA, "pragma")                                                                            \
    X(PRIORITY, "priority")                                                                        \
    X(PROXY_AUTHENTICATE, "proxy-authenticate")                                                    \
    X(PROXY_AUTHORIZATION, "proxy-authorization")                                                  \
    X(PROXY_CONNECTION, "proxy-connection")                                                        \
    X(RANGE, "range")                                                                              \
    X(RATELIMIT, "ratelimit")                                                                      \
    X(REFERER, "referer")                                                                          \
    X(REFERRER_POLICY, "referrer-policy")                                                          \
    X(RETRY_AFTER, "retry-after")                                                                  \
    X(SEC_FETCH_DEST, "sec-fetch-dest")                                                            \
    X(SEC_FETCH_MODE, "sec-fetch-mode")                                                            \
    X(SEC_FETCH_SITE, "sec-fetch-site")                                                            \
    X(SEC_FETCH_USER, "sec-fetch-user")                                                            \
    X(SEC_WEBSOCKET_ACCEPT, "sec-websocket-accept")                                                \
    X(SEC_WEBSOCKET_EXTENSIONS, "sec-websocket-extensions")                                        \
    X(SEC_WEBSOCKET_KEY, "sec-websocket-key")                                                      \
    X(SEC_WEBSOCKET_PROTOCOL, "sec-websocket-protocol")                                            \
    X(SEC_WEBSOCKET_VERSION, "sec-websocket-version")                                              \
    X(SERVER, "server")                                                                            \
    X(SERVER_TIMING, "server-timing")                                                              \
    X(SET_COOKIE, "set-cookie")                                                                    \
    X(STRICT_TRANSPORT_SECURITY, "strict-transport-security")                                      \
    X(TE, "te")                                                                                    \
    X(TRACEPARENT, "traceparent")                                                                  \
    X(TRACESTATE, "tracestate")                                                                    \
    X(TRAILER, "trailer")                                                                          \
    X(TRANSFER_ENCODING, "transfer-encoding")                                                      \
    X(UPGRADE, "upgrade")                                                                          \
    X(UPGRADE_INSECURE_REQUESTS, "upgrade-insecure-requests")                                      \
    X(USER_AGENT, "user-agent")                                                                    \
    X(VARY, "vary")                                                                                \
    X(VIA, "via")                                                                                  \
    X(WWW_AUTHENTICATE, "www-authenticate")                                                        \
    X(X_CONTENT_TYPE_OPTIONS, "x-content-type-options")                                            \
    X(X_FORWARDED_FOR, "x-forwarded-for")                                                          \
    X(X_FORWARDED_HOST, "x-forwarded-host")                                                        \
    X(X_FORWARDED_PROTO, "x-forwarded-proto")                                                      \
    X(X_FRAME_OPTIONS, "x-frame-options")                                                          \
    X(X_REAL_IP, "x-real-ip")                                                                      \
    X(X_REQUEST_ID, "x-request-id")                                                                \
    X(X_XSS_PROTECTION, "x-xss-protection")

#define EDOI_HEADER_ENUM(id, name) EDO_HEADER_##id,
/* A name that is none of these is EDO_HEADER_OTHER: its text is then what tells it apart. */
typedef enum edo_header_id {
    EDO_HEADER_OTHER,
    EDO_HEADER_NAMES(EDOI_HEADER_ENUM) EDO_HEADERS_END
} edo_header_id;
#undef EDOI_HEADER_ENUM

/** Returns the number of a standard name, given in any case; EDO_HEADER_OTHER for all else.
 * Threads: any, at once. */
EDO_API edo_header_id edo_header_id_of(edo_str name);

/** Returns a standard name in lower case; no bytes for EDO_HEADER_OTHER.
 * Owns: the bytes are static, with a NUL behind them.   Threads: any, at once. */
EDO_API edo_str edo_header_name(edo_header_id id);

/** Returns whether `name` may be the name of a field: a token of 1 to 65,535 bytes.
 * Threads: any, at once. */
EDO_API bool edo_header_name_is_valid(edo_str name);

/** Returns whether `value` may be the value of a field: tabs, 0x20 to 0x7e, and 0x80 to 0xff. A
 * value with CR, LF or NUL would let its author write fields, or a second message, of his own.
 * Threads: any, at once. */
EDO_API bool edo_header_value_is_valid(edo_str value);

/* ---- The map --------------------------------------------------------------------------------- */

#define EDO_HEADER_SENSITIVE 1u /* flag: the value is printed as "Sensitive", never compressed */

/* One field. */
typedef struct edo_header {
    edo_str name;   /* lower-case, unless a parser was asked to keep the sender's case */
    edo_str value;  /* without blanks at its ends */
    uint16_t id;    /* edo_header_id of the name */
    uint16_t flags; /* EDO_HEADER_SENSITIVE */
} edo_header;

#define EDO_HEADERS_MAX 32768 /* fields of a map */

/* Fields in order. You place it; it must not be moved or copied. Fields are edo's. */
typedef struct edo_headers {
    uint32_t n;                       /* fields */
    uint16_t cap;                     /* room in `fields` */
    bool is_own;                      /* `fields` is counted memory; else lent, or the arena's */
    uint64_t has[2];                  /* a bit for each edo_header_id that is there */
    edo_header *fields;               /* NULL: none so far */
    struct edoi_headers_piece *texts; /* copied names and values */
    struct edo_arena *arena;          /* where it grows; NULL: counted memory */
    struct edoi_headers_index *index; /* once there are many */
} edo_headers;

/** Makes an empty map. */
EDO_API void edo_headers_init(edo_headers *h);

/** Gives the map's memory back; it is empty afterwards, and may be used again. */
EDO_API void edo_headers_deinit(edo_headers *h);

/** Returns how many fields there are. */
EDO_API size_t edo_headers_count(const edo_headers *h);

/** Returns field number `i`, in the order in which they were appended; NULL if there are not so
 * many.
 * Owns:    borrows from the map until it changes. */
EDO_API const edo_header *edo_headers_at(const edo_headers *h, size_t i);

/** Returns the first value of a standard name; NULL as its pointer if there is none.
 * Owns:    borrows from the map until it changes. */
EDO_API edo_str edo_headers_get(const edo_headers *h, edo_header_id id);

/** As edo_headers_get(), by a name in any case.
 * Owns:    borrows from the map until it changes. */
EDO_API edo_str edo_headers_get_named(const edo_headers *h, edo_str name);

/** Returns the next field of a standard name behind `last`, the first one if `last` is NULL, and
 * NULL at the end.
 *
 *     for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_VIA));) …
 * Owns:    borrows from the map until it changes. */
EDO_API const edo_header *edo_headers_next(const edo_headers *h, const edo_header *last,
                                           edo_header_id id);

/** As edo_headers_next(), by a name in any case.
 * Owns:    borrows from the map until it changes. */
EDO_API const edo_header *edo_headers_next_named(const edo_headers *h, const edo_header *last,
                                                 edo_str name);

/** Appends a field, behind those of the same name that are there.
 * Owns:    copies the value, without blanks at its ends.
 * Errors:  -EINVAL  `id` is no standard name, or the value is not valid
 *          -ENOSPC  there are EDO_HEADERS_MAX fields
 *          -ENOMEM
 *          In each case nothing has changed. */
EDO_MUST_USE EDO_API int edo_headers_append(edo_headers *h, edo_header_id id, edo_str value);

/** As edo_headers_append(), by a name in any case, which is kept in lower case.
 * Owns:    copies name and value.
 * Errors:  as edo_headers_append(); -EINVAL if the name is not valid */
EDO_MUST_USE EDO_API int edo_headers_append_named(edo_headers *h, edo_str name, edo_str value);

/** Appends a field without a copy, with the flags of `field`. If `field->id` is EDO_HEADER_OTHER,
 * its name is looked up, and one that is not standard kept in the case it has; else the name is
 * that of the number, in the case that `field->name` has if that is this name: so a field of
 * another map is taken over as it is.
 * Owns:    borrows the bytes of name and value as long as the field is in the map.
 * Errors:  as edo_headers_append_named() */
EDO_MUST_USE EDO_API int edo_headers_add(edo_headers *h, const edo_header *field);

/** Makes `value` the only one of a standard name, in the place of the first one that was there, or
 * at the end.
 * Owns: copies the value, without blanks at its ends.   Errors: as edo_headers_append() */
EDO_MUST_USE EDO_API int edo_headers_set(edo_headers *h, edo_header_id id, edo_str value);

/** As edo_headers_set(), by a name in any case.
 * Owns: copies name and value.   Errors: as edo_headers_append_named() */
EDO_MUST_USE EDO_API int edo_headers_set_named(edo_headers *h, edo_str name, edo_str value);

/** Removes all fields of a standard name, and returns how many there were. */
EDO_API size_t edo_headers_remove(edo_headers *h, edo_header_id id);

/** As edo_headers_remove(), by a name in any case. */
EDO_API size_t edo_headers_remove_named(edo_headers *h, edo_str name);

/** Removes the fields from number `n` on, and returns how many there were. */
EDO_API size_t edo_headers_truncate(edo_headers *h, size_t n);

/** Marks all fields of the name as sensitive, and returns how many there are. A mark is of a field:
 * a value that is set later has none. */
EDO_API size_t edo_headers_set_sensitive(edo_headers *h, edo_str name);

/** Appends to `out` all values of the name, with ", " between them, as one field could have them.
 * Spec:    RFC 9110 section 5.3.
 * Errors:  -ENOENT  there is no field of the name
 *          -EINVAL  the name is Set-Cookie, whose values hold commas of their own
 *          -ENOMEM
 *          In each case nothing has changed. */
EDO_MUST_USE EDO_API int edo_headers_combine(const edo_headers *h, edo_str name, edo_buf *out);

/** Appends to `out` a line "name: value" for each field, for logs: of sensitive fields "name:
 * Sensitive".
 * Errors:  -ENOMEM  a part may have been appended */
EDO_MUST_USE EDO_API int edo_headers_print(const edo_headers *h, edo_buf *out);

EDO_END_DECLS

#endif
