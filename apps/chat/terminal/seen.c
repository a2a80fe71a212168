/* SPDX-License-Identifier: MIT */
/* seen.c: see seen.h. */
#include "terminal/seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What was told --------------------------------------------------------------------------- */

static void seen_remove(seen_names *self, size_t at) {
    self->n--;
    memmove(&self->all[at], &self->all[at + 1], (self->n - at) * sizeof *self->all);
}

static void seen_forget(seen_names *self, const name *n) {
    size_t i = 0;
    while (i < self->n && !name_equal(&self->all[i], n)) i++;
    if (i < self->n) seen_remove(self, i);
}

static void seen_note(seen_names *self, const name *n) {
    if (!self->all) self->all = calloc(SEEN_MAX, sizeof *self->all);
    if (!self->all) return;
    seen_forget(self, n);
    if (self->n == SEEN_MAX) seen_remove(self, 0);
    self->all[self->n++] = *n;
}

/* Takes `begin` off the front. */
static bool seen_skip(edo_str *text, const char *begin) {
    size_t n = strlen(begin);
    if (text->len < n || memcmp(text->ptr, begin, n) != 0) return false;
    *text = (edo_str){ text->ptr + n, text->len - n };
    return true;
}

/* Takes a name off the front, which ends at what is in none. */
static bool seen_take(edo_str *text, name *out) {
    const size_t n = name_word_bytes(*text);
    if (!name_read(out, (edo_str){ text->ptr, n })) return false;
    *text = (edo_str){ text->ptr + n, text->len - n };
    return true;
}

/* "ann, bob" up to what is no such list. */
static void note_list(seen_names *self, edo_str text) {
    name n;
    do {
        if (!seen_take(&text, &n)) return;
        seen_note(self, &n);
    } while (seen_skip(&text, ", "));
}

/* Is it "ann, bob" and nothing else? */
static bool is_list(edo_str text) {
    name n;
    bool has_more = true;
    while (has_more && seen_take(&text, &n)) has_more = seen_skip(&text, ", ");
    return !has_more && text.len == 0;
}

/* "#tea (3)" of the list of rooms. */
static bool learn_room(seen_lists *self, edo_str text) {
    name room;
    bool is = seen_skip(&text, "#") && seen_take(&text, &room) && seen_skip(&text, " (");
    if (is) seen_note(&self->rooms, &room);
    return is;
}

/* "you are ann in #tea with bob, carl and 2 others; /help" */
static bool learn_greeting(seen_lists *self, edo_str text) {
    name me, room;
    bool is = seen_skip(&text, "you are ") && seen_take(&text, &me) && seen_skip(&text, " in #") &&
              seen_take(&text, &room);
    if (!is) return false;
    seen_note(&self->rooms, &room);
    if (seen_skip(&text, " with ")) note_list(&self->people, text);
    return true;
}

/* "ann joined #tea", "ann left #tea", "ann is now anna" */
static void learn_move(seen_lists *self, edo_str text) {
    name who, other;
    if (!seen_take(&text, &who)) return;
    if (seen_skip(&text, " joined #") && seen_take(&text, &other)) {
        seen_note(&self->people, &who);
        seen_note(&self->rooms, &other);
    } else if (seen_skip(&text, " left #")) {
        seen_forget(&self->people, &who);
    } else if (seen_skip(&text, " is now ") && seen_take(&text, &other)) {
        seen_forget(&self->people, &who);
        seen_note(&self->people, &other);
    }
}

void seen_learn(seen_lists *self, const char *line, size_t bytes) {
    edo_str text = { line, bytes };
    name who;
    if (seen_skip(&text, "* ")) {
        if (learn_room(self, text) || learn_greeting(self, text)) return;
        if (is_list(text)) note_list(&self->people, text);
        learn_move(self, text);
        return;
    }
    bool is_action = seen_skip(&text, "- ");
    if (!seen_take(&text, &who)) return;
    if (seen_skip(&text, is_action ? " " : ": ") || seen_skip(&text, " -> you: "))
        seen_note(&self->people, &who);
}

void seen_deinit(seen_lists *self) {
    free(self->people.all);
    free(self->rooms.all);
}

/* ---- TAB ------------------------------------------------------------------------------------- */

/* The last word, with what shows whose name it begins. */
typedef struct begun {
    edo_str word;
    bool is_room, is_first; /* the line has nothing before it */
    size_t sign_bytes;      /* "#", or "@" */
} begun;

static begun begun_of(edo_str before) {
    size_t at = before.len;
    while (at > 0 && before.ptr[at - 1] != ' ' && before.ptr[at - 1] != '\t') at--;
    edo_str word = { before.ptr + at, before.len - at };
    bool is_joining = edo_str_equal((edo_str){ before.ptr, at }, EDO_STR("/join "));
    bool has_sign = word.len > 0 && (word.ptr[0] == '#' || word.ptr[0] == '@');
    return (begun){ .word = word,
                    .is_room = is_joining || (has_sign && word.ptr[0] == '#'),
                    .is_first = at == 0,
                    .sign_bytes = has_sign };
}

/* Cuts `common` to what the name begins with, too. */
static void keep_common(name *common, const name *n) {
    size_t i = 0;
    while (common->text[i] && text_is_same(&common->text[i], &n->text[i], 1)) i++;
    common->text[i] = '\0';
}

static void add_to_list(completion *out, const name *n) {
    size_t bytes = strlen(out->names);
    if (bytes + sizeof(name_word) + 2 > sizeof out->names) return;
    (void)snprintf(out->names + bytes, sizeof out->names - bytes, "%s%s", bytes ? ", " : "",
                   name_as_word(n).text);
}

completion seen_complete(const seen_lists *self, edo_str before, const name *me) {
    const begun at = begun_of(before);
    const seen_names *from = at.is_room ? &self->rooms : &self->people;
    edo_str begin = { at.word.ptr + at.sign_bytes, at.word.len - at.sign_bytes };
    completion out = { .word_bytes = at.word.len };
    name common = { "" };
    if (at.word.len == 0 || begin.len > sizeof(name_word)) return out;
    for (size_t i = 0; i < from->n; i++) {
        const name *n = &from->all[i];
        bool is_me = !at.is_room && name_equal(n, me);
        if (is_me || !text_is_same(n->text, begin.ptr, begin.len)) continue;
        if (out.names_n++ == 0) common = *n;
        keep_common(&common, n);
        add_to_list(&out, n);
    }
    bool is_longer = strlen(common.text) > begin.len || out.names_n == 1;
    if (!is_longer) return out;
    out.names[0] = '\0';
    const char *end = out.names_n > 1                                ? ""
                      : at.is_first && !at.is_room && !at.sign_bytes ? ": "
                                                                     : " ";
    (void)snprintf(out.text, sizeof out.text, "%.*s%s%s", (int)at.sign_bytes, at.word.ptr,
                   name_as_word(&common).text, end);
    return out;
}
