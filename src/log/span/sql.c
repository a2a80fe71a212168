/* SPDX-License-Identifier: MIT */
/* log/span/sql.c: see sql.h. Of SQL it knows what may have a quote in it: texts ('it''s',
 * E'it\'s', $tag$it's$tag$), names ("o'clock") and comments. */
#include "log/span/sql.h"

#include <string.h>

typedef struct sql_shown {
    char *text;
    size_t n;
} sql_shown;

static void sql_shown_put(sql_shown *s, const char *from, size_t n) {
    if (n > EDOI_SQL_SHOWN_MAX - s->n) n = EDOI_SQL_SHOWN_MAX - s->n;
    memcpy(s->text + s->n, from, n);
    s->n += n;
}

static bool sql_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool sql_is_word(char c) {
    return sql_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

/* Behind the next `end`; the end of the statement, if there is none. */
static const char *sql_behind(const char *at, const char *end, size_t end_n) {
    while (*at && strncmp(at, end, end_n) != 0) at++;
    return *at ? at + end_n : at;
}

/* How long the tag of a text in dollars is that begins here; 0: none does, as with $1. */
static size_t sql_tag_n(const char *sql, const char *at) {
    size_t n = 1;
    bool is_in_name = at > sql && (sql_is_word(at[-1]) || at[-1] == '$');
    if (at[0] != '$' || is_in_name || sql_is_digit(at[1])) return 0;
    while (sql_is_word(at[n])) n++;
    return at[n] == '$' ? n + 1 : 0;
}

/* Behind the text that begins at this quote. Two quotes in it are one. */
static const char *sql_behind_text(const char *sql, const char *at) {
    bool is_word = at > sql + 1 && sql_is_word(at[-2]);
    bool has_escapes = at > sql && (at[-1] == 'e' || at[-1] == 'E') && !is_word;
    for (at++; *at; at++) {
        if (has_escapes && *at == '\\' && at[1]) {
            at++;
        } else if (*at == '\'') {
            if (at[1] != '\'') return at + 1;
            at++;
        }
    }
    return at;
}

/* Behind what is passed over as a whole, be it a name or a comment; `at`: nothing is. */
static const char *sql_behind_other(const char *at) {
    if (*at == '"') return sql_behind(at + 1, "\"", 1);
    if (strncmp(at, "--", 2) == 0) return sql_behind(at, "\n", 1);
    return strncmp(at, "/*", 2) == 0 ? sql_behind(at + 2, "*/", 2) : at;
}

/* Behind the value that begins here; `at`: none does. */
static const char *sql_behind_value(const char *sql, const char *at) {
    size_t tag_n = sql_tag_n(sql, at);
    if (tag_n > 0) return sql_behind(at + tag_n, at, tag_n);
    return *at == '\'' ? sql_behind_text(sql, at) : at;
}

static bool sql_may_have_values(const char *sql) {
    const char *at = sql;
    if (strchr(sql, '\'')) return true;
    while ((at = strchr(at, '$')) && sql_is_digit(at[1])) at++;
    return at != NULL;
}

edo_str edoi_sql_shown(char room[EDOI_SQL_SHOWN_MAX], const char *sql) {
    sql_shown s = { .text = room };
    if (!sql || !sql_may_have_values(sql)) return edo_str_of(sql ? sql : "");
    for (const char *at = sql; *at && s.n < EDOI_SQL_SHOWN_MAX;) {
        const char *next = sql_behind_value(sql, at);
        if (next > at) {
            sql_shown_put(&s, "'?'", 3);
        } else {
            next = sql_behind_other(at);
            if (next == at) next++;
            sql_shown_put(&s, at, (size_t)(next - at));
        }
        at = next;
    }
    return (edo_str){ room, s.n };
}
