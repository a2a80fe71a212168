/* SPDX-License-Identifier: MIT */
/* signature.h: signatures of webhooks as "Standard Webhooks" has them (standardwebhooks.com), by a
 * key that both sides have:
 *
 *     webhook-id         names the event, the same at each attempt
 *     webhook-timestamp  when the attempt was made, in seconds since 1970
 *     webhook-signature  "v1," and base64(HMAC-SHA256(key, id "." timestamp "." body)); a receiver
 *                        takes one of several, with spaces between, as while a key is replaced */
#ifndef WEBHOOK_SIGNATURE_H
#define WEBHOOK_SIGNATURE_H

#include <edo/bytes.h>

#define SIGNATURE_AGE_MAX (5 * 60) /* seconds between the clocks of both, and for the way */

/* Appends the bytes of the key that `secret` is: "whsec_" and base64. Returns 0; -EINVAL: it is
 * none, or has not 24 to 64 bytes; -ENOMEM. `secret` may be NULL, which is none. */
int signature_read_key(edo_buf *key, const char *secret);

/* Appends a signature, of these three. Returns 0, -ENOMEM, or -EIO. */
int signature_append(edo_buf *out, edo_str key, edo_str id, edo_str timestamp, edo_str body);

/* Does one of `signatures` hold, and is it of `now`, in seconds since 1970? Returns 0, -EACCES, or
 * as signature_append(). How long it takes does not tell how much of a signature is right. */
int signature_check(edo_str signatures, edo_str key, edo_str id, edo_str timestamp, edo_str body,
                    int64_t now);

#endif
