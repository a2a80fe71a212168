/* SPDX-License-Identifier: MIT */
/* resp.h: the protocol of Redis, version 2: requests are read, replies are written. */
#ifndef MINI_REDIS_RESP_H
#define MINI_REDIS_RESP_H

#include <edo/edo.h>

#define WORDS_MAX   1024       /* of a request */
#define REQUEST_MAX (64 << 20) /* bytes of a client's request */
#define REPLY_MAX   (256 << 20)

/* A request: a command and its arguments. The words lie in the input. */
typedef struct request {
    edo_str words[WORDS_MAX];
    size_t n;
} request;

/* Reads a request from the front of `in`: returns how many bytes it takes, 0 if it is not whole
 * yet, -EPROTO if it is none, -EMSGSIZE if it is over a limit: WORDS_MAX, or `most` bytes. No
 * length that it states is believed before its bytes are there. */
int read_request(request *r, edo_str in, size_t most);

/* What is written: replies to a client, or commands to a file. A failure is kept until the end. */
typedef struct output {
    edo_buf buf;
    int err; /* the first failure: -ENOMEM, or -EMSGSIZE */
} output;

void put(output *o, const void *ptr, size_t n);
void put_text(output *o, const char *text);      // a line of the protocol, with its end
void put_int(output *o, char kind, long long n); // ":5", "*5", "$5"
void put_word(output *o, edo_str word);
void put_nil(output *o);

#endif
