/* SPDX-License-Identifier: MIT */
/* edo/http.h: the words of HTTP's start lines: method, status, version (RFC 9110). In libedo-http
 * (pkg-config edo-http), beside libedo.
 *
 * edo/headers.h has the header fields, edo/uri.h the targets.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_H
#define EDO_HTTP_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>

EDO_BEGIN_DECLS

/* ---- Methods --------------------------------------------------------------------------------- */

/* The methods of RFC 9110 and RFC 5789: X(NAME, safe, idempotent). */
#define EDO_METHODS(X)                                                                             \
    X(GET, 1, 1)                                                                                   \
    X(HEAD, 1, 1)                                                                                  \
    X(POST, 0, 0)                                                                                  \
    X(PUT, 0, 1)                                                                                   \
    X(DELETE, 0, 1)                                                                                \
    X(CONNECT, 0, 0)                                                                               \
    X(OPTIONS, 1, 1)                                                                               \
    X(TRACE, 1, 1)                                                                                 \
    X(PATCH, 0, 0)

#define EDOI_METHOD_ENUM(name, safe, idempotent) EDO_METHOD_##name,
/* A method that is none of these is EDO_METHOD_OTHER: its name is then what tells it apart. */
typedef enum edo_method {
    EDO_METHOD_OTHER,
    EDO_METHODS(EDOI_METHOD_ENUM) EDO_METHODS_END
} edo_method;
#undef EDOI_METHOD_ENUM

/** Reads the name of a method, which is case-sensitive: "get" is EDO_METHOD_OTHER. Spec: RFC 9110
 * section 9.
 * Errors:  -EINVAL  `name` is no token: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_method_parse(edo_method *out, edo_str name);

/** Returns the name of a method; no bytes for EDO_METHOD_OTHER.
 * Owns:    the bytes are static, with a NUL behind them. */
EDO_API edo_str edo_method_name(edo_method method);

/** Returns whether the method only reads: GET, HEAD, OPTIONS, TRACE. False for EDO_METHOD_OTHER.
 * Spec:    RFC 9110 section 9.2.1. */
EDO_API bool edo_method_is_safe(edo_method method);

/** Returns whether the request may be sent again when it is not known what became of it: the safe
 * methods, PUT and DELETE. False for EDO_METHOD_OTHER. Spec: RFC 9110 section 9.2.2. */
EDO_API bool edo_method_is_idempotent(edo_method method);

/** Returns whether a response may be kept in a cache without more being said: of GET and HEAD. (One
 * of POST may be, too, if it says how long it is fresh.) Spec: RFC 9110 section 9.2.3. */
EDO_API bool edo_method_is_cacheable(edo_method method);

/* ---- Status ---------------------------------------------------------------------------------- */

/* A status code, from 100 to 999. Those above 599 are treated as 5xx (RFC 9110 section 15). */
typedef uint16_t edo_status;

/* The codes of the IANA registry: X(NAME, code, reason phrase). */
#define EDO_STATUSES(X)                                                                            \
    X(CONTINUE, 100, "Continue")                                                                   \
    X(SWITCHING_PROTOCOLS, 101, "Switching Protocols")                                             \
    X(PROCESSING, 102, "Processing")                                                               \
    X(EARLY_HINTS, 103, "Early Hints")                                                             \
    X(OK, 200, "OK")                                                                               \
    X(CREATED, 201, "Created")                                                                     \
    X(ACCEPTED, 202, "Accepted")                                                                   \
    X(NON_AUTHORITATIVE, 203, "Non-Authoritative Information")                                     \
    X(NO_CONTENT, 204, "No Content")                                                               \
    X(RESET_CONTENT, 205, "Reset Content")                                                         \
    X(PARTIAL_CONTENT, 206, "Partial Content")                                                     \
    X(MULTI_STATUS, 207, "Multi-Status")                                                           \
    X(ALREADY_REPORTED, 208, "Already Reported")                                                   \
    X(IM_USED, 226, "IM Used")                                                                     \
    X(MULTIPLE_CHOICES, 300, "Multiple Choices")                                                   \
    X(MOVED_PERMANENTLY, 301, "Moved Permanently")                                                 \
    X(FOUND, 302, "Found")                                                                         \
    X(SEE_OTHER, 303, "See Other")                                                                 \
    X(NOT_MODIFIED, 304, "Not Modified")                                                           \
    X(USE_PROXY, 305, "Use Proxy")                                                                 \
    X(TEMPORARY_REDIRECT, 307, "Temporary Redirect")                                               \
    X(PERMANENT_REDIRECT, 308, "Permanent Redirect")                                               \
    X(BAD_REQUEST, 400, "Bad Request")                                                             \
    X(UNAUTHORIZED, 401, "Unauthorized")                                                           \
    X(PAYMENT_REQUIRED, 402, "Payment Required")                                                   \
    X(FORBIDDEN, 403, "Forbidden")                                                                 \
    X(NOT_FOUND, 404, "Not Found")                                                                 \
    X(METHOD_NOT_ALLOWED, 405, "Method Not Allowed")                                               \
    X(NOT_ACCEPTABLE, 406, "Not Acceptable")                                                       \
    X(PROXY_AUTHENTICATION_REQUIRED, 407, "Proxy Authentication Required")                         \
    X(REQUEST_TIMEOUT, 408, "Request Timeout")                                                     \
    X(CONFLICT, 409, "Conflict")                                                                   \
    X(GONE, 410, "Gone")                                                                           \
    X(LENGTH_REQUIRED, 411, "Length Required")                                                     \
    X(PRECONDITION_FAILED, 412, "Precondition Failed")                                             \
    X(CONTENT_TOO_LARGE, 413, "Content Too Large")                                                 \
    X(URI_TOO_LONG, 414, "URI Too Long")                                                           \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported Media Type")                                       \
    X(RANGE_NOT_SATISFIABLE, 416, "Range Not Satisfiable")                                         \
    X(EXPECTATION_FAILED, 417, "Expectation Failed")                                               \
    X(IM_A_TEAPOT, 418, "I'm a teapot")                                                            \
    X(MISDIRECTED_REQUEST, 421, "Misdirected Request")                                             \
    X(UNPROCESSABLE_CONTENT, 422, "Unprocessable Content")                                         \
    X(LOCKED, 423, "Locked")                                                                       \
    X(FAILED_DEPENDENCY, 424, "Failed Dependency")                                                 \
    X(TOO_EARLY, 425, "Too Early")                                                                 \
    X(UPGRADE_REQUIRED, 426, "Upgrade Required")                                                   \
    X(PRECONDITION_REQUIRED, 428, "Precondition Required")                                         \
    X(TOO_MANY_REQUESTS, 429, "Too Many Requests")                                                 \
    X(HEADERS_TOO_LARGE, 431, "Request Header Fields Too Large")                                   \
    X(UNAVAILABLE_FOR_LEGAL_REASONS, 451, "Unavailable For Legal Reasons")                         \
    X(INTERNAL_SERVER_ERROR, 500, "Internal Server Error")                                         \
    X(NOT_IMPLEMENTED, 501, "Not Implemented")                                                     \
    X(BAD_GATEWAY, 502, "Bad Gateway")                                                             \
    X(SERVICE_UNAVAILABLE, 503, "Service Unavailable")                                             \
    X(GATEWAY_TIMEOUT, 504, "Gateway Timeout")                                                     \
    X(VERSION_NOT_SUPPORTED, 505, "HTTP Version Not Supported")                                    \
    X(VARIANT_ALSO_NEGOTIATES, 506, "Variant Also Negotiates")                                     \
    X(INSUFFICIENT_STORAGE, 507, "Insufficient Storage")                                           \
    X(LOOP_DETECTED, 508, "Loop Detected")                                                         \
    X(NOT_EXTENDED, 510, "Not Extended")                                                           \
    X(NETWORK_AUTHENTICATION_REQUIRED, 511, "Network Authentication Required")

#define EDOI_STATUS_ENUM(name, code, reason) EDO_STATUS_##name = (code),
enum { EDO_STATUSES(EDOI_STATUS_ENUM) };
#undef EDOI_STATUS_ENUM

/* What edo_status_class() returns. */
enum {
    EDO_STATUS_CLASS_INFORMATIONAL = 1,
    EDO_STATUS_CLASS_SUCCESS = 2,
    EDO_STATUS_CLASS_REDIRECT = 3,
    EDO_STATUS_CLASS_CLIENT_ERROR = 4,
    EDO_STATUS_CLASS_SERVER_ERROR = 5
};

/** Reads a status code: three digits, from 100 to 999.
 * Errors:  -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_status_parse(edo_status *out, edo_str text);

/** Returns the class of a code: 1 to 5, where codes above 599 are of class 5, and 0 below 100 or
 * above 999. Spec: RFC 9110 section 15. */
EDO_API int edo_status_class(edo_status status);

/** Returns the reason phrase of the IANA registry; no bytes for a code that is not there.
 * Owns:    the bytes are static, with a NUL behind them. */
EDO_API edo_str edo_status_reason(edo_status status);

/** Returns whether `reason` may stand in a status line: tabs, and bytes from 0x20 on but not 0x7f.
 * Spec:    RFC 9112 section 4. */
EDO_API bool edo_status_reason_is_valid(edo_str reason);

/* ---- What is let pass ------------------------------------------------------------------------ */

/* Bits for options of a server or a client: what is let pass although RFC 9112 forbids it. Each of
 * them is for peers that are known and cannot be mended: two programs that read one message in two
 * ways are how requests are smuggled. So a connection ends with a message of two lengths; chunks
 * and trailers are read strictly; and folded fields of requests and replies of HTTP/0.9 are always
 * refused. (A client reads folded fields, as RFC 9112 section 5.2 has it.) */
#define EDO_HTTP_LENIENT_BARE_LF          1u  /* LF without CR ends a line of a head, too */
#define EDO_HTTP_LENIENT_MANY_SPACES      2u  /* several spaces between words of a request line */
#define EDO_HTTP_LENIENT_BAD_FIELDS       4u  /* a line that is no field is passed over */
#define EDO_HTTP_LENIENT_SPACE_AFTER_NAME 8u  /* spaces and tabs between a name and its colon */
#define EDO_HTTP_LENIENT_BOTH_LENGTHS     16u /* Transfer-Encoding beats Content-Length */
#define EDO_HTTP_LENIENT_ALL              31u

/* ---- Trailers -------------------------------------------------------------------------------- */

#define EDO_HTTP_TRAILER_BYTES_MAX 16384u /* of those that are read, unless options say otherwise */

/* ---- Versions -------------------------------------------------------------------------------- */

/* Ten times the number, so that versions compare. */
typedef enum edo_http_version {
    EDO_HTTP_09 = 9,
    EDO_HTTP_10 = 10,
    EDO_HTTP_11 = 11,
    EDO_HTTP_2 = 20,
    EDO_HTTP_3 = 30
} edo_http_version;

/** Returns the name of a version, as logs have it: "HTTP/1.1", "HTTP/2".
 * Owns: the bytes are static, with a NUL behind them.   Errors: no bytes for an unknown version. */
EDO_API edo_str edo_http_version_name(edo_http_version version);

EDO_END_DECLS

#endif
