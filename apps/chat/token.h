/* SPDX-License-Identifier: MIT */
/* token.h: what the server keeps of a session's token. */
#ifndef CHAT_TOKEN_H
#define CHAT_TOKEN_H

#include <edo/bytes.h>

#define TOKEN_KEY_BYTES 32

/* The key of a session, by which its messages are known: the first half of the SHA-256 of its token
 * (FIPS 180-4), in hexadecimal. A reader of the store cannot take a session over by it. */
void token_key(edo_str token, char out[TOKEN_KEY_BYTES + 1]);

#endif
