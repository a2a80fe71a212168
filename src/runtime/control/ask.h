/* SPDX-License-Identifier: MIT */
/* runtime/control/ask.h: how edo look asks a program what is wrong with it: by a signal for dumps,
 * with a value that says for how long, and a number by which the answer is known.
 *
 *     bits 63 to 56: 0xed | 55 to 32: for how long, ms; 0: the answer was read | 31 to 0: the number
 *
 * The answer is a file in memory (memfd_create(2)) of that program, which edo look finds among its
 * descriptors by its name: so whoever may read the memory of the program reads it, and nobody else,
 * and nothing is left if edo look ends before. It is there as soon as the program has taken the
 * ask, and is whole when it is sealed. It is closed when edo look says that it has read it, or ten
 * seconds later.
 *
 * Several may ask at once: each has an answer of its own, one after the other. The kernel keeps one
 * signal of a number, so an ask may get lost, and is made again until it is taken.
 *
 * Threads: all but edoi_ask_put() are for the thread for dumps. */
#ifndef EDOI_RUNTIME_CONTROL_ASK_H
#define EDOI_RUNTIME_CONTROL_ASK_H

#include <edo/time.h>

#include <inttypes.h>
#include <stdio.h>

#define EDOI_ASK_NAME_MAX    32u
#define EDOI_ASK_WAIT_MS_MAX UINT64_C(0xffffff)

EDOI_INLINE uint64_t edoi_ask_make(uint64_t wait_ms, uint32_t number) {
    return UINT64_C(0xed) << 56 | wait_ms << 32 | number;
}

EDOI_INLINE bool edoi_ask_is_one(uint64_t value) {
    return value >> 56 == 0xed;
}

EDOI_INLINE int64_t edoi_ask_wait_ms(uint64_t value) {
    return (int64_t)(value >> 32 & EDOI_ASK_WAIT_MS_MAX);
}

/* The name of the answer. */
EDOI_INLINE void edoi_ask_name(char to[EDOI_ASK_NAME_MAX], uint64_t value) {
    (void)snprintf(to, EDOI_ASK_NAME_MAX, "edo-faults-%08" PRIx32, (uint32_t)value);
}

/* Keeps what was asked for until the thread looks. In the signal's handler. If there is no room, it
 * is dropped. */
void edoi_ask_put(uint64_t value);

/* An ask that was taken. */
typedef struct edoi_answer {
    uint64_t value;
    int64_t until_ns; /* of the monotonic clock: when it is closed; 0: it is not written yet */
    int fd;
} edoi_answer;

/* Opens answers to what was put, and closes those that were read or are old. */
void edoi_asks_take(int64_t now_ns);

/* The oldest one that is to be written; NULL: there is none. It stays where it is until a call of
 * edoi_answer_end() or edoi_asks_take(). */
const edoi_answer *edoi_answer_next(void);

/* The oldest one is whole; or `is_whole` is false: nobody will write it, and it is closed. */
void edoi_answer_end(int64_t now_ns, bool is_whole);

/* When the next one is closed; INT64_MAX: none is. */
int64_t edoi_answers_until_ns(void);

/* Closes all. */
void edoi_answers_close(void);

/* Is called every 50 ms, while nothing is being written, without a lock but that of the thread that
 * looks. False: nobody wants the result any more. */
typedef bool edoi_faults_wanted_fn(void *arg);

/* As edo_dump_faults(), which has `is_wanted` ask whether its job was cancelled. It lies above this
 * folder, in runtime/faults/faults.c. */
int edoi_dump_faults_while(FILE *out, edo_duration between, edoi_faults_wanted_fn *is_wanted,
                           void *arg);

#endif
