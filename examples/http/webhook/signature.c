/* SPDX-License-Identifier: MIT */
/* signature.c: see signature.h. */
#include "signature.h"

#include <edo/error.h>
#include <edo/hmac.h>
#include <edo/http_fields.h>
#include <edo/str.h>

#include <errno.h>

#define KEY_LEAST 24u
#define KEY_MOST  64u

int signature_read_key(edo_buf *key, const char *secret) {
    edo_str text = edo_str_of(secret ? secret : "");
    if (!edo_str_skip(&text, EDO_STR("whsec_"))) return -EINVAL;
    int err = edo_base64_decode(text, EDO_BASE64_STRICT, key);
    if (err < 0) return err == -ENOMEM ? err : -EINVAL;
    return key->len >= KEY_LEAST && key->len <= KEY_MOST ? 0 : -EINVAL;
}

/* Appends id "." timestamp "." body. */
static int signature_print_signed(edo_buf *to, edo_str id, edo_str timestamp, edo_str body) {
    int err =
        edo_buf_printf(to, "%.*s.%.*s.", (int)id.len, id.ptr, (int)timestamp.len, timestamp.ptr);
    return err < 0 || body.len == 0 ? err : edo_buf_append(to, body.ptr, body.len);
}

int signature_append(edo_buf *out, edo_str key, edo_str id, edo_str timestamp, edo_str body) {
    uint8_t mac[EDO_HMAC_SHA256_BYTES];
    edo_buf text = { 0 };
    int err = signature_print_signed(&text, id, timestamp, body);
    if (err == 0) err = edo_hmac_sha256(mac, key, edo_buf_str(&text));
    edo_buf_deinit(&text);
    if (err == 0) err = edo_buf_append(out, "v1,", 3);
    return err < 0 ? err : edo_base64_encode((edo_str){ (const char *)mac, sizeof mac }, out);
}

/* Is one of the list, which has spaces between, the right one? */
static bool signature_is_in(edo_str list, edo_str right) {
    bool is_in = false;
    for (edo_str one; edo_str_split(&one, &list, ' ');) is_in |= edo_str_equal_secret(one, right);
    return is_in;
}

int signature_check(edo_str signatures, edo_str key, edo_str id, edo_str timestamp, edo_str body,
                    int64_t now) {
    int64_t at;
    edo_buf right = { 0 };
    if (id.len == 0 || edo_header_number_parse(&at, timestamp) < 0)
        return edo_fail(-EACCES, "there is no id, or no time");
    int err = signature_append(&right, key, id, timestamp, body);
    bool holds = err == 0 && signature_is_in(signatures, edo_buf_str(&right));
    edo_buf_deinit(&right);
    if (err < 0) return err;
    if (!holds) return edo_fail(-EACCES, "no signature holds");
    bool is_old = at<now - SIGNATURE_AGE_MAX, is_ahead = at> now + SIGNATURE_AGE_MAX;
    return is_old || is_ahead ? edo_fail(-EACCES, "it is of another time") : 0;
}
