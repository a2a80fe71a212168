/* SPDX-License-Identifier: MIT */
/* posted.c: see posted.h. */
#include "node/posted.h"

#include <edo/error.h>
#include <edo/json.h>

#include <errno.h>
#include <string.h>

#define POSTED_BYTES_MAX (8u << 20) /* of a text: the longest line, and what JSON makes of it */
#define ADDRESS_DIGITS   (2 * EDO_ADDR_KEY_BYTES)

static const char *const kinds[] = { "letter", "reply", "returned" };
static const char *const ends[] = { "told", "gone", "unread" };

_Static_assert(EDO_COUNT(kinds) == POSTED_KINDS, "each has a word");
_Static_assert(EDO_COUNT(ends) == POSTED_ENDS, "likewise");

/* What a kind has no use for is empty. */
typedef struct posted_frame {
    edo_str is, nick, name, from, to, address, text, end;
    uint64_t by, number, n;
    int64_t time_ms;
} posted_frame;
EDO_DESCRIBE(posted_frame, EDO_FIELD(posted_frame, is), EDO_FIELD(posted_frame, by),
             EDO_FIELD(posted_frame, number), EDO_FIELD(posted_frame, end, .optional = true),
             EDO_FIELD(posted_frame, nick, .optional = true),
             EDO_FIELD(posted_frame, from, .optional = true),
             EDO_FIELD(posted_frame, name, .optional = true),
             EDO_FIELD(posted_frame, to, .optional = true),
             EDO_FIELD(posted_frame, address, .optional = true),
             EDO_FIELD(posted_frame, time_ms, .optional = true),
             EDO_FIELD(posted_frame, n, .optional = true),
             EDO_FIELD(posted_frame, text, .optional = true))

/* ---- Writing --------------------------------------------------------------------------------- */

int posted_print(edo_buf *out, const posted *what) {
    char digits[ADDRESS_DIGITS + 1];
    const edo_str address = edo_hex_encode(digits, (edo_str){ what->address, EDO_ADDR_KEY_BYTES });
    bool is_letter = what->kind == POSTED_LETTER, is_reply = what->kind == POSTED_REPLY;
    const posted_frame f = {
        .is = edo_str_of(kinds[what->kind]),
        .by = what->by,
        .number = what->number,
        .end = is_reply ? edo_str_of(ends[what->end]) : (edo_str){ 0 },
        .nick = edo_str_of(what->nick.text),
        .from = edo_str_of(what->from),
        .name = edo_str_of(what->name.text),
        .to = edo_str_of(what->to),
        .address = is_letter ? address : (edo_str){ 0 },
        .time_ms = what->time_ms,
        .n = what->n,
        .text = what->text,
    };
    return edo_json_encode(out, &f, &posted_frame_desc);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Returns `n`: it is none of them. */
static size_t find_word(edo_str word, const char *const *of, size_t n) {
    size_t i = 0;
    while (i < n && !edo_str_equal(word, edo_str_of(of[i]))) i++;
    return i;
}

static bool posted_read_person(edo_str text, char out[PERSON_BYTES + 1]) {
    if (text.len != PERSON_BYTES) return false;
    memcpy(out, text.ptr, PERSON_BYTES);
    out[PERSON_BYTES] = '\0';
    return strspn(out, "0123456789abcdef") == PERSON_BYTES;
}

static bool posted_read_address(edo_str text, char out[EDO_ADDR_KEY_BYTES]) {
    return edo_hex_decode(out, EDO_ADDR_KEY_BYTES, text) == 0;
}

static bool posted_is_whole(const posted_frame *f, posted *out) {
    if (out->by == 0) return false;
    switch (out->kind) {
    case POSTED_LETTER:
        return name_read(&out->nick, f->nick) && posted_read_person(f->from, out->from) &&
               name_read(&out->name, f->name) && posted_read_person(f->to, out->to) &&
               posted_read_address(f->address, out->address) && !text_lines_fault(f->text);
    case POSTED_REPLY: return out->end < POSTED_ENDS;
    case POSTED_RETURNED:
        return posted_read_person(f->from, out->from) && name_read(&out->name, f->name) &&
               posted_read_person(f->to, out->to) && f->n > 0;
    case POSTED_KINDS: break;
    }
    return false;
}

int posted_read(edo_str text, edo_arena *of, posted *out) {
    const edo_json_opts opts = { .arena = of, .borrows = true, .bytes_max = POSTED_BYTES_MAX };
    posted_frame f;
    int err = edo_json_decode_with(&f, &posted_frame_desc, text, &opts);
    if (err < 0) {
        edo_trail_clear();
        return err == -ENOMEM ? err : -EINVAL;
    }
    *out = (posted){ .kind = (posted_kind)find_word(f.is, kinds, POSTED_KINDS),
                     .by = f.by,
                     .number = f.number,
                     .text = f.text,
                     .time_ms = f.time_ms,
                     .end = (posted_end)find_word(f.end, ends, POSTED_ENDS),
                     .n = f.n };
    return posted_is_whole(&f, out) ? 0 : -EINVAL;
}
