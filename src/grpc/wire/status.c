/* SPDX-License-Identifier: MIT */
/* grpc/wire/status.c: see status.h. */
#include "grpc/wire/status.h"

#include "base/text/hex.h"
#include "base/text/utf8.h"

#include <edo/error.h>

#include <stdio.h>

/* By number. The text of the number is what comes on the wire. */
static const struct {
    const char *name;
    edo_str text;
    int code; /* the error that a call with this status returns */
} statuses[] = {
    { "OK", { "0", 1 }, 0 },
    { "CANCELLED", { "1", 1 }, -ECANCELED },
    { "UNKNOWN", { "2", 1 }, -EIO },
    { "INVALID_ARGUMENT", { "3", 1 }, -EINVAL },
    { "DEADLINE_EXCEEDED", { "4", 1 }, -ETIMEDOUT },
    { "NOT_FOUND", { "5", 1 }, -ENOENT },
    { "ALREADY_EXISTS", { "6", 1 }, -EEXIST },
    { "PERMISSION_DENIED", { "7", 1 }, -EACCES },
    { "RESOURCE_EXHAUSTED", { "8", 1 }, -EDQUOT },
    { "FAILED_PRECONDITION", { "9", 1 }, -EBUSY },
    { "ABORTED", { "10", 2 }, -EDEADLK },
    { "OUT_OF_RANGE", { "11", 2 }, -ERANGE },
    { "UNIMPLEMENTED", { "12", 2 }, -ENOTSUP },
    { "INTERNAL", { "13", 2 }, -EPROTO },
    { "UNAVAILABLE", { "14", 2 }, -EAGAIN },
    { "DATA_LOSS", { "15", 2 }, -EBADMSG },
    { "UNAUTHENTICATED", { "16", 2 }, -EKEYREJECTED },
};
_Static_assert(EDO_COUNT(statuses) == EDOI_GRPC_STATUSES_N, "each status has a row");

/* More errors that have a status of their own. */
static const struct {
    int code;
    edo_grpc_status status;
} errors[] = {
    { -ENOMEM, EDO_GRPC_RESOURCE_EXHAUSTED },   { -ENOSPC, EDO_GRPC_RESOURCE_EXHAUSTED },
    { -EMSGSIZE, EDO_GRPC_RESOURCE_EXHAUSTED }, { -EDO_ERATELIMITED, EDO_GRPC_RESOURCE_EXHAUSTED },
    { -EPERM, EDO_GRPC_PERMISSION_DENIED },     { -ENOSYS, EDO_GRPC_UNIMPLEMENTED },
    { -EDO_EPROTOBUF, EDO_GRPC_INTERNAL },      { -EDO_EJSON, EDO_GRPC_INTERNAL },
    { -EDO_EOVERLOADED, EDO_GRPC_UNAVAILABLE }, { -ECONNREFUSED, EDO_GRPC_UNAVAILABLE },
    { -ECONNRESET, EDO_GRPC_UNAVAILABLE },      { -ENETUNREACH, EDO_GRPC_UNAVAILABLE },
    { -EHOSTUNREACH, EDO_GRPC_UNAVAILABLE },    { -EDO_ECIRCUITOPEN, EDO_GRPC_UNAVAILABLE },
    { -ECONNABORTED, EDO_GRPC_UNAVAILABLE },    { -EHOSTDOWN, EDO_GRPC_UNAVAILABLE },
    { -ENETDOWN, EDO_GRPC_UNAVAILABLE },
};

static bool status_is_known(edo_grpc_status status) {
    return (unsigned)status < EDOI_GRPC_STATUSES_N;
}

const char *edo_grpc_status_name(edo_grpc_status status) {
    return statuses[status_is_known(status) ? status : EDO_GRPC_UNKNOWN].name;
}

edo_grpc_status edo_grpc_status_of(int err) {
    if (err >= 0) return EDO_GRPC_OK;
    for (size_t i = 0; i < EDO_COUNT(statuses); i++)
        if (statuses[i].code == err) return (edo_grpc_status)i;
    for (size_t i = 0; i < EDO_COUNT(errors); i++)
        if (errors[i].code == err) return errors[i].status;
    return EDO_GRPC_UNKNOWN;
}

int edo_grpc_error_of(edo_grpc_status status) {
    return statuses[status_is_known(status) ? status : EDO_GRPC_UNKNOWN].code;
}

edo_grpc_status edoi_grpc_status_parse(edo_str text) {
    for (size_t i = 0; i < EDO_COUNT(statuses); i++)
        if (edo_str_equal(text, statuses[i].text)) return (edo_grpc_status)i;
    return EDO_GRPC_UNKNOWN;
}

edo_grpc_status edoi_grpc_status_failed(edo_grpc_status status) {
    return status_is_known(status) && status != EDO_GRPC_OK ? status : EDO_GRPC_UNKNOWN;
}

edo_str edoi_grpc_status_text(edo_grpc_status status) {
    return statuses[status_is_known(status) ? status : EDO_GRPC_UNKNOWN].text;
}

edo_grpc_status edoi_grpc_status_of_http(edo_status status) {
    switch ((int)status) {
    case 400:
    case 431: return EDO_GRPC_INTERNAL; // as grpc-go and grpc-java have it
    case 401: return EDO_GRPC_UNAUTHENTICATED;
    case 403: return EDO_GRPC_PERMISSION_DENIED;
    case 404: return EDO_GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504: return EDO_GRPC_UNAVAILABLE;
    default: return EDO_GRPC_UNKNOWN;
    }
}

/* Error codes of HTTP/2 (RFC 9113, section 7). */
edo_grpc_status edoi_grpc_status_of_reset(uint32_t error) {
    enum { REFUSED_STREAM = 7, CANCEL = 8, ENHANCE_YOUR_CALM = 11, INADEQUATE_SECURITY = 12 };
    switch (error) {
    case REFUSED_STREAM: return EDO_GRPC_UNAVAILABLE;
    case CANCEL: return EDO_GRPC_CANCELLED;
    case ENHANCE_YOUR_CALM: return EDO_GRPC_RESOURCE_EXHAUSTED;
    case INADEQUATE_SECURITY: return EDO_GRPC_PERMISSION_DENIED;
    default: return EDO_GRPC_INTERNAL;
    }
}

/* ---- The message ----------------------------------------------------------------------------- */

static bool message_is_plain(unsigned char c) {
    return c >= 0x20 && c <= 0x7e && c != '%';
}

/* How many bytes of the message, up to the end of a character, are at most `most` in percent
 * encoding? */
static size_t message_fits(edo_str message, size_t most) {
    size_t n = 0;
    for (size_t i = 0; i < message.len; i++) {
        n += message_is_plain((unsigned char)message.ptr[i]) ? 1 : 3;
        if (n > most) return edoi_utf8_cut(message.ptr, i);
    }
    return message.len;
}

size_t edoi_grpc_message_print(char text[EDOI_GRPC_MESSAGE_MAX], const char *format, va_list args) {
    int n = vsnprintf(text, EDOI_GRPC_MESSAGE_MAX, format, args);
    if (n < 0) return 0;
    if ((size_t)n < EDOI_GRPC_MESSAGE_MAX) return (size_t)n;
    return edoi_utf8_cut(text, EDOI_GRPC_MESSAGE_MAX - 1);
}

int edoi_grpc_message_encode(edo_buf *out, edo_str message, size_t most) {
    message.len = message_fits(message, most);
    int err = edo_buf_reserve(out, 3 * message.len);
    for (size_t i = 0; err == 0 && i < message.len; i++) {
        unsigned char c = (unsigned char)message.ptr[i];
        char *to = out->ptr + out->len;
        if (message_is_plain(c)) {
            *to = (char)c;
            out->len++;
            continue;
        }
        out->len += (size_t)(edoi_percent_put(to, c) - to);
    }
    return err;
}

size_t edoi_grpc_message_decode(char *text, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        const int byte = edoi_percent_byte((edo_str){ text + i, n - i });
        if (byte >= 0) i += 2;
        text[len++] = byte >= 0 ? (char)byte : text[i];
    }
    return len;
}
