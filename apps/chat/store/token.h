/* SPDX-License-Identifier: MIT */
/* token.h: what the server keeps of a session's token. */
#ifndef CHAT_TOKEN_H
#define CHAT_TOKEN_H

#include <edo/bytes.h>

#define TOKEN_KEY_BYTES 32

/* The key of a session, by which its messages are known: the first half of the SHA-256 of its token
 * (FIPS 180-4), in hexadecimal. A reader of the store cannot take a session over by it. */
void token_key(edo_str token, char out[TOKEN_KEY_BYTES + 1]);

/* What others may know a person by, whatever its name: the half of the hash of that key, which does
 * not tell the key. */
#define PERSON_BYTES 16
void token_person(const char *key, char out[PERSON_BYTES + 1]);

#endif
