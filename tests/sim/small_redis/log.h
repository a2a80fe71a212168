/* SPDX-License-Identifier: MIT */
/* log.h: the append-only file: the commands that have changed something, as they came, with what
 * is relative to now made absolute. Without a file it keeps nothing, and nobody waits for it. */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_LOG_H
#define EDO_TESTS_SIM_SMALL_REDIS_LOG_H

#include "small_redis.h"
#include "wire.h"

#include <edo/notify.h>

typedef struct small_log {
    edo_stream *file; /* NULL: there is none */
    bool is_synced;
    int db;           /* of the last command; below 0: none was named yet */
    edo_buf waiting;  /* not given to the file yet */
    uint64_t added_n; /* bytes, all that were added */
    uint64_t kept_n;  /* bytes, those that a reply may rest on */
    uint64_t at;      /* in the file: what is behind that has to be written */
    edo_notify added, kept;
} small_log;

/* Does a command of the file anew. */
typedef void small_log_fn(void *arg, const small_command *c);

/* Opens the file, has all of it done, and cuts off what is torn. Errors: those of the file. */
EDO_MUST_USE int small_log_open(small_log *self, const small_redis_opts *opts, small_log_fn *fn,
                                void *arg);
void small_log_close(small_log *self);

/* Adds a command of that database, at once. */
void small_log_add(small_log *self, int db, const edo_str *parts, size_t n);

/* Writes what is added. `log` is a small_log; a task's function. Returns why it has ended. */
int small_log_run(void *log);

/* Waits until as many bytes are kept. */
EDO_MUST_USE int small_log_await(small_log *self, uint64_t bytes_n);

#endif
