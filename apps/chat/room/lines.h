/* SPDX-License-Identifier: MIT */
/* lines.h: a line for each address, in which its tasks wait for each other: so whoever asks for
 * much waits behind itself.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_LINES_H
#define CHAT_LINES_H

#include <edo/bytes.h>
#include <edo/net.h>

#include <pthread.h>
#include <stdint.h>

/* A line takes memory while somebody is in it. */
typedef struct address_lines {
    pthread_mutex_t lock;
    void *by_address; /* lock: lock; a tree of lines */
    uint32_t at_once; /* const */
} address_lines;

typedef struct address_line address_line;

/* Of each address `at_once` go on at once, and the others wait. */
void address_lines_init(address_lines *self, uint32_t at_once);

/* Nobody is in a line. */
void address_lines_deinit(address_lines *self);

/* Waits in the line of the address, which has EDO_ADDR_KEY_BYTES bytes, or none if it is nobody's,
 * until fewer than `at_once` of it are ahead. `*out` is what address_lines_leave() needs. Returns
 * 0; -ENOMEM, -ECANCELED: it is in no line, and `*out` is NULL. */
EDO_MUST_USE int address_lines_enter(address_lines *self, edo_str address, address_line **out);

/* Lets the next one go on. NULL is allowed. */
void address_lines_leave(address_lines *self, address_line *of);

#endif
