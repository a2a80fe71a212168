/* SPDX-License-Identifier: MIT */
/* redis/wire/command.c: see command.h. */
#include "redis/wire/command.h"
#include "base/text/ascii.h"
#include "base/text/c_locale.h"
#include "base/text/decimal.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

void edoi_redis_command_free(char *bytes) {
    free(bytes);
}

/* ---- From parts ------------------------------------------------------------------------------ */

#define HEAD_MAX 32u /* of "$LENGTH\r\n", and what edoi_decimal_print() writes behind that */

static char *put_head(char *at, char type, size_t n) {
    *at = type;
    at = edoi_decimal_print(at + 1, n);
    memcpy(at, "\r\n", 2);
    return at + 2;
}

int edoi_redis_command_make(edoi_redis_command *out, const edo_str *parts, size_t n) {
    size_t room = HEAD_MAX;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len > INT_MAX - HEAD_MAX || room > INT_MAX - HEAD_MAX - parts[i].len - 2)
            return -EMSGSIZE;
        room += HEAD_MAX + parts[i].len + 2;
    }
    char *bytes = malloc(room);
    if (!bytes) return -ENOMEM;
    char *at = put_head(bytes, '*', n);
    for (size_t i = 0; i < n; i++) {
        at = put_head(at, '$', parts[i].len);
        if (parts[i].len > 0) memcpy(at, parts[i].ptr, parts[i].len);
        memcpy(at + parts[i].len, "\r\n", 2);
        at += parts[i].len + 2;
    }
    *out = (edoi_redis_command){ .bytes = bytes, .n = (size_t)(at - bytes) };
    return 0;
}

/* ---- From a format --------------------------------------------------------------------------- */

#define FORMAT_PARTS_MAX 16u

/* The parts of a format that has nothing but words, %s and %b, as most do; 0: it is another one. */
static size_t format_split(edo_str parts[FORMAT_PARTS_MAX], const char *format, va_list args) {
    size_t n = 0, len;
    for (const char *at = format; *(at += strspn(at, " ")); at += len) {
        len = strcspn(at, " ");
        if (n == FORMAT_PARTS_MAX) return 0;
        if (len == 2 && memcmp(at, "%s", 2) == 0)
            parts[n++] = edo_str_of(va_arg(args, const char *));
        else if (len == 2 && memcmp(at, "%b", 2) == 0) {
            const char *ptr = va_arg(args, const char *);
            parts[n++] = (edo_str){ ptr, va_arg(args, size_t) };
        } else if (memchr(at, '%', len))
            return 0;
        else
            parts[n++] = (edo_str){ at, len };
    }
    return n;
}

/* hiredis makes a string of its own of each part, which costs as much as all else of a command. */
int edoi_redis_command_format(edoi_redis_command *out, const char *format, va_list args) {
    edo_str parts[FORMAT_PARTS_MAX];
    char *bytes = NULL;
    va_list copy;
    va_copy(copy, args);
    size_t parts_n = format_split(parts, format, copy);
    va_end(copy);
    if (parts_n > 0) return edoi_redis_command_make(out, parts, parts_n);
    // what %f prints has the decimal point of the thread's locale
    locale_t before = edoi_c_locale_begin();
    int n = redisvFormatCommand(&bytes, format, args);
    edoi_c_locale_end(before);
    if (n < 0) return n == -1 ? -ENOMEM : -EINVAL;
    *out = (edoi_redis_command){ .bytes = bytes, .n = (size_t)n };
    return 0;
}

/* ---- Looking at them ------------------------------------------------------------------------- */

/* The part at `*at`, "$LENGTH\r\nBYTES\r\n", which moves behind it; none at the end. */
static bool command_next(edo_str *out, const edoi_redis_command *c, size_t *at) {
    size_t len = 0, i = *at + 1;
    if (i >= c->n || c->bytes[*at] != '$') return false;
    for (; i < c->n && c->bytes[i] != '\r'; i++) len = len * 10 + (size_t)(c->bytes[i] - '0');
    *out = (edo_str){ c->bytes + i + 2, len };
    *at = i + 2 + len + 2;
    return true;
}

/* Where the first part is. */
static size_t command_begin(const edoi_redis_command *c) {
    const char *end = memchr(c->bytes, '\n', c->n);
    return end ? (size_t)(end - c->bytes) + 1 : c->n;
}

static bool part_is(edo_str part, const char *word) {
    return edoi_equal_nocase(part, edo_str_of(word));
}

void edoi_redis_command_name(char name[EDOI_REDIS_NAME_MAX], const edoi_redis_command *c) {
    edo_str part;
    size_t at = command_begin(c), n = 0;
    if (!command_next(&part, c, &at)) part = (edo_str){ "", 0 };
    for (size_t i = 0; i < part.len && n + 1 < EDOI_REDIS_NAME_MAX; i++) {
        char letter = part.ptr[i];
        if (letter >= 'a' && letter <= 'z') letter = (char)(letter - 'a' + 'A');
        if (letter >= 'A' && letter <= 'Z') name[n++] = letter;
    }
    if (n == 0) name[n++] = '?';
    name[n] = 0;
}

typedef struct need_row {
    const char *name;
    edoi_redis_need need;
    bool blocks;
    const char *only_with; /* a later part; NULL: in any case */
} need_row;

/* By name. What blocks waits for others; MULTI and WATCH are between calls; SELECT and the like
 * hold for all that follows. */
static const need_row needs[] = {
    { "ASKING", EDOI_REDIS_OWN, false, NULL },
    { "AUTH", EDOI_REDIS_OWN, false, NULL },
    { "BLMOVE", EDOI_REDIS_OWN, true, NULL },
    { "BLMPOP", EDOI_REDIS_OWN, true, NULL },
    { "BLPOP", EDOI_REDIS_OWN, true, NULL },
    { "BRPOP", EDOI_REDIS_OWN, true, NULL },
    { "BRPOPLPUSH", EDOI_REDIS_OWN, true, NULL },
    { "BZMPOP", EDOI_REDIS_OWN, true, NULL },
    { "BZPOPMAX", EDOI_REDIS_OWN, true, NULL },
    { "BZPOPMIN", EDOI_REDIS_OWN, true, NULL },
    { "CLIENT", EDOI_REDIS_OWN, false, "CACHING" },
    { "CLIENT", EDOI_REDIS_OWN, false, "NO-EVICT" },
    { "CLIENT", EDOI_REDIS_OWN, false, "NO-TOUCH" },
    { "CLIENT", EDOI_REDIS_NEVER, false, "REPLY" },
    { "CLIENT", EDOI_REDIS_OWN, false, "TRACKING" },
    { "DISCARD", EDOI_REDIS_OWN, false, NULL },
    { "EXEC", EDOI_REDIS_OWN, false, NULL },
    { "HELLO", EDOI_REDIS_NEVER, false, NULL },
    { "MONITOR", EDOI_REDIS_NEVER, false, NULL },
    { "MULTI", EDOI_REDIS_OWN, false, NULL },
    { "PSUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "PSYNC", EDOI_REDIS_NEVER, false, NULL },
    { "PUNSUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "QUIT", EDOI_REDIS_NEVER, false, NULL },
    { "READONLY", EDOI_REDIS_OWN, false, NULL },
    { "READWRITE", EDOI_REDIS_OWN, false, NULL },
    { "REPLCONF", EDOI_REDIS_NEVER, false, NULL },
    { "RESET", EDOI_REDIS_NEVER, false, NULL },
    { "SCRIPT", EDOI_REDIS_OWN, false, "DEBUG" },
    { "SELECT", EDOI_REDIS_OWN, false, NULL },
    { "SSUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "SUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "SUNSUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "SYNC", EDOI_REDIS_NEVER, false, NULL },
    { "UNSUBSCRIBE", EDOI_REDIS_NEVER, false, NULL },
    { "UNWATCH", EDOI_REDIS_OWN, false, NULL },
    { "WAIT", EDOI_REDIS_OWN, true, NULL },
    { "WAITAOF", EDOI_REDIS_OWN, true, NULL },
    { "WATCH", EDOI_REDIS_OWN, false, NULL },
    { "XREAD", EDOI_REDIS_OWN, true, "BLOCK" },
    { "XREADGROUP", EDOI_REDIS_OWN, true, "BLOCK" },
};

/* Is `word` among the parts behind `at`? A key called "block" is taken for the word: of XREAD they
 * stand before STREAMS, and names of a group and a consumer behind GROUP. */
static bool command_has(const edoi_redis_command *c, size_t at, const char *word) {
    edo_str part;
    int names_n = 0; // that are still to be passed over
    while (command_next(&part, c, &at)) {
        if (names_n > 0) {
            names_n--;
            continue;
        }
        if (part_is(part, word)) return true;
        if (part_is(part, "STREAMS")) return false;
        if (part_is(part, "GROUP")) names_n = 2;
    }
    return false;
}

edoi_redis_need edoi_redis_command_need(const edoi_redis_command *c, bool *blocks) {
    edo_str name;
    size_t at = command_begin(c);
    *blocks = false;
    if (!command_next(&name, c, &at)) return EDOI_REDIS_NEVER;
    for (size_t i = 0; i < EDO_COUNT(needs); i++) {
        const need_row *row = &needs[i];
        if ((name.ptr[0] | 0x20) != (row->name[0] | 0x20) || !part_is(name, row->name)) continue;
        if (row->only_with && !command_has(c, at, row->only_with)) continue;
        *blocks = row->blocks;
        return row->need;
    }
    return EDOI_REDIS_SHARES;
}
