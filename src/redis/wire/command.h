/* SPDX-License-Identifier: MIT */
/* redis/wire/command.h: commands as bytes, which hiredis' formatter has made. Their memory is its
 * kind: malloc(). */
#ifndef EDOI_REDIS_WIRE_COMMAND_H
#define EDOI_REDIS_WIRE_COMMAND_H

#include <edo/redis.h>

#include <stdarg.h>

#define EDOI_REDIS_NAME_MAX 24u

typedef struct edoi_redis_command {
    char *bytes; /* owned: edoi_redis_command_free() */
    size_t n;
    bool is_tx; /* it begins with EDOI_REDIS_MULTI, on which the rest depends */
} edoi_redis_command;

#define EDOI_REDIS_MULTI EDO_STR("*1\r\n$5\r\nMULTI\r\n")

/* What a command asks of its connection. */
typedef enum edoi_redis_need {
    EDOI_REDIS_SHARES, /* nothing */
    EDOI_REDIS_OWN,    /* one of its own: it blocks that, or changes what others would get there */
    EDOI_REDIS_NEVER,  /* it would have no reply, or more than one, or others than RESP2 */
} edoi_redis_need;

/* Returns 0; -EINVAL for a format that hiredis does not take; else as
 * edoi_redis_command_make(). */
int edoi_redis_command_format(edoi_redis_command *out, const char *format, va_list args);

/* A command of `n` parts. Returns 0, -ENOMEM, or -EMSGSIZE: more than INT_MAX bytes. */
int edoi_redis_command_make(edoi_redis_command *out, const edo_str *parts, size_t n);

void edoi_redis_command_free(char *bytes);

/* Writes the command's name in upper case, without what is no letter, for errors; "?" for none. */
void edoi_redis_command_name(char name[EDOI_REDIS_NAME_MAX], const edoi_redis_command *c);

/* `*blocks`: its reply may come late, as it waits for something to happen. */
edoi_redis_need edoi_redis_command_need(const edoi_redis_command *c, bool *blocks);

#endif
