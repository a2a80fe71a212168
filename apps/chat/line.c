/* SPDX-License-Identifier: MIT */
/* line.c: the checks on a line, and "/verb arguments" by a table of verbs. UTF-8 by RFC 3629,
 * section 4: the shortest form only, no surrogates, nothing above U+10FFFF. So the bytes of a
 * telnet negotiation (0xFF) never pass. */
#include "line.h"

#include <edo/base.h>

#include <string.h>
#include <strings.h>

const char line_help[] = "* /nick NAME       change your name\n"
                         "* /join #ROOM      go to another room\n"
                         "* /rooms, /list    the rooms, and how many are in each\n"
                         "* /who, /names     who is in this room\n"
                         "* /msg NAME TEXT   tell one person only\n"
                         "* /me TEXT         say what you do\n"
                         "* //TEXT           say a text that begins with /\n"
                         "* /quit [TEXT]     leave";

/* ---- Text ------------------------------------------------------------------------------------ */

/* Bytes of the character at `p`, which has `left` bytes at most; 0 if there is none. */
static size_t character(const uint8_t *p, size_t left) {
    static const struct {
        uint8_t first, last, second_min, second_max, bytes;
    } rows[] = {
        { 0x00, 0x7f, 0x00, 0x00, 1 }, { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
        { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
        { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };
    size_t row = 0;
    while (row < EDO_COUNT(rows) && (p[0] < rows[row].first || p[0] > rows[row].last)) row++;
    if (row == EDO_COUNT(rows) || rows[row].bytes > left) return 0;
    if (rows[row].bytes > 1 && (p[1] < rows[row].second_min || p[1] > rows[row].second_max))
        return 0;
    for (size_t i = 2; i < rows[row].bytes; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf) return 0;
    }
    return rows[row].bytes;
}

static bool is_control(const uint8_t *p, size_t bytes) {
    if (bytes == 1) return (p[0] < 0x20 && p[0] != '\t') || p[0] == 0x7f;
    if (bytes == 2) return p[0] == 0xc2 && p[1] < 0xa0; // U+0080 to U+009F
    return bytes == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

/* NULL if the line may be shown to others, else what is wrong with it. */
static const char *text_fault(const char *text, size_t bytes) {
    const uint8_t *p = (const uint8_t *)text, *end = p + bytes;
    while (p < end) {
        size_t step = character(p, (size_t)(end - p));
        if (step == 0) return "this is not UTF-8";
        if (is_control(p, step)) return "control characters are not allowed";
        p += step;
    }
    return NULL;
}

/* ---- Words ----------------------------------------------------------------------------------- */

/* A part of a line. */
typedef struct piece {
    const char *at;
    size_t bytes;
} piece;

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

static piece trimmed(piece p) {
    while (p.bytes > 0 && is_blank(p.at[0])) p.at++, p.bytes--;
    while (p.bytes > 0 && is_blank(p.at[p.bytes - 1])) p.bytes--;
    return p;
}

/* Takes the first word off `rest`. */
static piece next_word(piece *rest) {
    *rest = trimmed(*rest);
    piece word = { rest->at, 0 };
    while (word.bytes < rest->bytes && !is_blank(word.at[word.bytes])) word.bytes++;
    *rest = trimmed((piece){ rest->at + word.bytes, rest->bytes - word.bytes });
    return word;
}

/* Not isalnum(): which names are good must not depend on the locale. */
static bool is_in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static bool name_parse(name *out, piece word) {
    if (word.bytes == 0 || word.bytes > NAME_BYTES_MAX) return false;
    for (size_t i = 0; i < word.bytes; i++) {
        if (!is_in_name(word.at[i])) return false;
    }
    memcpy(out->text, word.at, word.bytes);
    out->text[word.bytes] = '\0';
    return true;
}

/* What the server's own lines are signed with, or are about. */
static bool is_reserved(const name *n) {
    static const char *const reserved[] = { "server", "system", "you" };
    for (size_t i = 0; i < EDO_COUNT(reserved); i++) {
        if (strcasecmp(reserved[i], n->text) == 0) return true;
    }
    return false;
}

/* ---- Commands -------------------------------------------------------------------------------- */

typedef enum shape { NOTHING, NAME, ROOM, TEXT, NAME_AND_TEXT, PERHAPS_TEXT } shape;

static const struct verb {
    const char *word;
    command_kind kind;
    shape takes;
    const char *usage;
} verbs[] = {
    { "/nick", COMMAND_NICK, NAME, "usage: /nick NAME" },
    { "/join", COMMAND_JOIN, ROOM, "usage: /join #ROOM" },
    { "/rooms", COMMAND_ROOMS, NOTHING, "usage: /rooms" },
    { "/list", COMMAND_ROOMS, NOTHING, "usage: /list" },
    { "/who", COMMAND_WHO, NOTHING, "usage: /who" },
    { "/names", COMMAND_WHO, NOTHING, "usage: /names" },
    { "/msg", COMMAND_MSG, NAME_AND_TEXT, "usage: /msg NAME TEXT" },
    { "/me", COMMAND_ME, TEXT, "usage: /me TEXT" },
    { "/help", COMMAND_HELP, NOTHING, "usage: /help" },
    { "/quit", COMMAND_QUIT, PERHAPS_TEXT, "usage: /quit [TEXT]" },
};

static command fault(const char *text) {
    return (command){ .kind = COMMAND_FAULT, .fault = text };
}

static command with_arguments(const struct verb *verb, piece rest) {
    command c = { .kind = verb->kind };
    if (verb->takes == NAME || verb->takes == ROOM || verb->takes == NAME_AND_TEXT) {
        piece word = next_word(&rest);
        if (word.bytes == 0) return fault(verb->usage);
        if (verb->takes == ROOM && word.at[0] == '#') word.at++, word.bytes--;
        if (!name_parse(&c.name, word)) {
            return fault("a name is 1 to 24 letters, digits, '_' or '-'");
        }
    }
    bool must = verb->takes == TEXT || verb->takes == NAME_AND_TEXT;
    if (must ? rest.bytes == 0 : rest.bytes > 0 && verb->takes != PERHAPS_TEXT)
        return fault(verb->usage);
    if (c.kind == COMMAND_NICK && is_reserved(&c.name)) return fault("this name is reserved");
    c.text = rest.at;
    c.text_bytes = rest.bytes;
    return c;
}

command line_parse(const char *line, size_t bytes) {
    if (bytes > 0 && line[bytes - 1] == '\r') bytes--;
    const char *wrong = text_fault(line, bytes);
    if (wrong) return fault(wrong);
    if (bytes == 0) return (command){ .kind = COMMAND_NONE };
    bool is_escaped = bytes > 1 && line[0] == '/' && line[1] == '/';
    if (line[0] != '/' || is_escaped) {
        return (command){ .kind = COMMAND_SAY,
                          .text = line + is_escaped,
                          .text_bytes = bytes - is_escaped };
    }
    piece rest = { line, bytes };
    piece word = next_word(&rest);
    for (size_t i = 0; i < EDO_COUNT(verbs); i++) {
        if (strlen(verbs[i].word) == word.bytes && !memcmp(verbs[i].word, word.at, word.bytes))
            return with_arguments(&verbs[i], rest);
    }
    return fault("unknown command, see /help");
}
