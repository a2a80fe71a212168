/* SPDX-License-Identifier: MIT */
/* runtime/look/rows_print.c: what is open as lines of a dump, and as JSON. */
#include "runtime/look/rows.h"

#include "base/error/text.h"
#include "base/held.h"
#include "driver/clock.h"
#include "runtime/watch/registry.h"
#include "stacks/frames.h"

#include <edo/bytes.h>
#include <edo/dump.h>
#include <edo/task.h>

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512u

/* ---- A row ----------------------------------------------------------------------------------- */

void edoi_open_name(char *to, size_t bytes, const edoi_open_row *row) {
    if (!row->name && !*row->text && row->maker) {
        edoi_place_tell(to, bytes, row->maker);
    } else {
        (void)snprintf(to, bytes, "%s", row->name ? row->name : row->text);
    }
    for (; *to; to++) // a terminal would obey
        if ((unsigned char)*to < 0x20 || *to == 0x7f) *to = '?';
}

/* How long the oldest one is so; negative: unknown. */
static int64_t open_age_ns(const edoi_open_row *r, int64_t now_ns) {
    return r->since_ns == 0 || r->since_ns > now_ns ? -1 : now_ns - r->since_ns;
}

/* "1,234,567" */
static void open_tell_number(edoi_text *text, uint64_t n) {
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) edoi_text_add(text, ",");
        edoi_text_add(text, "%c", digits[i]);
    }
}

static void open_tell_values(edoi_text *text, const edoi_open_row *r) {
    if (r->values > 0) {
        edoi_text_add(text, ", ");
        open_tell_number(text, r->values);
        edoi_text_add(text, r->values == 1 ? " value" : " values");
    }
    if (r->values > 0 && r->limit > 0) {
        edoi_text_add(text, r->n > 1 ? ", one has " : "");
        if (r->n > 1) open_tell_number(text, r->most);
        edoi_text_add(text, " of at most ");
        open_tell_number(text, r->limit);
    }
    if (r->waiting > 0) {
        edoi_text_add(text, ", ");
        open_tell_number(text, r->waiting);
        edoi_text_add(text, r->waiting == 1 ? " waits" : " wait");
    }
}

/* A line in one piece, as `out` may have no buffer. */
static void open_print_row(FILE *out, const edoi_open_row *r, int64_t now_ns) {
    char name[LINE_MAX_BYTES];
    edoi_text number = { .n = 0 }, rest = { .n = 0 };
    int64_t age_ns = open_age_ns(r, now_ns);
    edoi_open_name(name, sizeof name, r);
    open_tell_number(&number, r->n);
    if (r->state) edoi_text_add(&rest, ", %s", r->state);
    if (age_ns >= 0) {
        edoi_text_add(&rest, r->n > 1 ? ", for up to " : ", for ");
        edoi_text_add_time(&rest, age_ns);
    }
    open_tell_values(&rest, r);
    (void)fprintf(out, "  %s x %s%s%s%s%s\n", number.at, r->kind, r->by ? r->by : "",
                  *name ? " " : "", name, rest.at);
}

void edoi_open_print(FILE *out, const edoi_open_table *t, int64_t now_ns) {
    (void)fprintf(out, "edo: what is open:\n");
    for (uint32_t i = 0; i < t->rows_n && !ferror(out); i++)
        open_print_row(out, &t->rows[i], now_ns);
    if (t->rest_n > 0) (void)fprintf(out, "  and %" PRIu64 " of other kinds\n", t->rest_n);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

/* A name that was cut may end in the middle of a letter. */
static void json_text(FILE *out, const char *key, const char *text) {
    const bool is_utf8 = edo_str_is_utf8(edo_str_of(text));
    (void)fprintf(out, ",\"%s\":\"", key);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '"' || *at == '\\') {
            (void)fprintf(out, "\\%c", *at);
        } else if (*at < 0x20) {
            (void)fprintf(out, "\\u%04x", *at);
        } else {
            (void)fputc(*at < 0x80 || is_utf8 ? *at : '?', out);
        }
    }
    (void)fputc('"', out);
}

static void json_number(FILE *out, const char *key, uint64_t n) {
    if (n > 0) (void)fprintf(out, ",\"%s\":%" PRIu64, key, n);
}

static void json_row(FILE *out, const edoi_open_row *r, int64_t now_ns) {
    char name[LINE_MAX_BYTES];
    int64_t age_ns = open_age_ns(r, now_ns);
    edoi_open_name(name, sizeof name, r);
    (void)fprintf(out, "{\"n\":%" PRIu64, r->n);
    json_text(out, "kind", r->kind);
    if (*name) json_text(out, "name", name);
    if (r->state) json_text(out, "state", r->state);
    json_number(out, "values", r->values);
    if (r->values > 0 && r->limit > 0) json_number(out, "most", r->most);
    json_number(out, "limit", r->limit);
    json_number(out, "waiting", r->waiting);
    if (age_ns >= 0) json_number(out, "age_ms", (uint64_t)age_ns / 1000000);
    (void)fputc('}', out);
}

static void json_print(FILE *out, const edoi_open_table *t, int64_t now_ns) {
    (void)fprintf(out, "{\"pid\":%ld,\"at_ms\":%" PRId64 ",\"rest\":%" PRIu64 ",\"rows\":[",
                  (long)getpid(), now_ns / 1000000, t->rest_n);
    for (uint32_t i = 0; i < t->rows_n && !ferror(out); i++) {
        (void)fputs(i > 0 ? ",\n" : "\n", out);
        json_row(out, &t->rows[i], now_ns);
    }
    (void)fputs("\n]}\n", out);
}

/* ---- Public ---------------------------------------------------------------------------------- */

void edo_dump_open(FILE *out, edo_dump_form form) {
    edo_no_await_begin();
    edoi_frames_begin();
    edoi_registry_acquire();
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_FULLY);
    const int64_t now_ns = edoi_clock_monotonic();
    if (form == EDO_DUMP_JSON) {
        json_print(out, &edoi_open_shown, now_ns);
    } else {
        edoi_open_print(out, &edoi_open_shown, now_ns);
    }
    edoi_registry_release();
    edoi_frames_end();
    edo_no_await_end();
}
