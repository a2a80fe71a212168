/* SPDX-License-Identifier: MIT */
/* base/text/login.h: what may be told of a text that is no URL, though it was meant as one: it may
 * have a login. */
#ifndef EDOI_BASE_TEXT_LOGIN_H
#define EDOI_BASE_TEXT_LOGIN_H

#include <edo/bytes.h>

/* The text behind its last '@': a password may have one, too, or a '/', that should have been in
 * percent encoding, and is then what makes it no URL. */
EDOI_INLINE edo_str edoi_behind_login(edo_str text) {
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '@') at--;
    return text.len > 0 ? (edo_str){ text.ptr + at, text.len - at } : text;
}

#endif
