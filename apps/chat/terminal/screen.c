/* SPDX-License-Identifier: MIT */
/* screen.c: see screen.h. */
#include "terminal/screen.h"

#include "text.h"

#include <string.h>
#include <time.h>

#define DIM      "\033[2m"
#define REVERSED "\033[7m"
#define PLAIN    "\033[0m"

static const char to_you[] = " -> you";

static bool misleads(int32_t c) {
    return (c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

static void screen_print_text(FILE *out, const char *text, size_t bytes) {
    const uint8_t *p = (const uint8_t *)text, *end = p + bytes;
    while (p < end) {
        const uint8_t *begin = p;
        int32_t c = text_next(&p, end);
        if (c < 0) {
            fprintf(out, "<%02X>", *begin);
            p = begin + 1;
        } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
            fprintf(out, "^%c", c ^ 0x40);
        } else if (misleads(c)) {
            fprintf(out, "<U+%04X>", (unsigned)c);
        } else {
            (void)fwrite(begin, 1, (size_t)(p - begin), out);
        }
    }
}

static void print_time(FILE *out, int64_t time_s, bool has_colours) {
    struct tm now;
    char text[16] = "";
    time_t t = (time_t)time_s;
    if (time_s == SCREEN_NO_TIME)
        (void)snprintf(text, sizeof text, "     "); // as wide as a time
    else if (localtime_r(&t, &now))
        (void)strftime(text, sizeof text, "%H:%M", &now);
    fprintf(out, "%s%s%s ", has_colours ? DIM : "", text, has_colours ? PLAIN : "");
}

/* The bytes before ": " in "ann: text" or "ann -> you: text"; 0: it is no such line. */
static size_t author_bytes(const char *line, size_t bytes) {
    const char *colon = memchr(line, ':', bytes);
    if (!colon || colon + 1 == line + bytes || colon[1] != ' ') return 0;
    size_t n = (size_t)(colon - line), name_n = n, tail = sizeof to_you - 1;
    if (n > tail && memcmp(colon - tail, to_you, tail) == 0) name_n -= tail;
    name author;
    edo_str word = { line, name_n };
    return name_word_bytes(word) == name_n && name_read(&author, word) ? n : 0;
}

/* A colour that the name always has: red to cyan, of which none is the ground's. */
static int colour_of(const char *text, size_t bytes) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < bytes && text[i] != ' '; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return 31 + (int)((hash >> 16) % 6);
}

/* ---- The user's name ------------------------------------------------------------------------- */

/* Where the text begins that another says in the line; `bytes`: it has none. */
static size_t said_by_another(const char *line, size_t bytes, const name *me) {
    size_t author = author_bytes(line, bytes), begin = 0;
    if (author == 0 && bytes > 2 && memcmp(line, "- ", 2) == 0) begin = 2;
    size_t n = begin + name_word_bytes((edo_str){ line + begin, bytes - begin });
    name who;
    bool is_said =
        (author > 0 || begin > 0) && name_read(&who, (edo_str){ line + begin, n - begin });
    if (!is_said || name_equal(&who, me)) return bytes;
    return author > 0 ? author + 2 : n;
}

/* A walk through a text, of which each byte is looked at once. */
typedef struct mentions {
    const char *at, *begin, *end;
    const char *last_tick; /* the last "`"; NULL: none */
    bool is_in_address;    /* the word has "://" in it */
    bool is_in_code;       /* between two "`" */
} mentions;

static mentions mentions_of(const char *text, const char *end) {
    return (mentions){
        .at = text, .begin = text, .end = end, .last_tick = memrchr(text, '`', (size_t)(end - text))
    };
}

static void mentions_step(mentions *self) {
    const char *at = self->at++;
    if (*at == ' ' || *at == '\t') self->is_in_address = false;
    if (self->end - at >= 3 && memcmp(at, "://", 3) == 0) self->is_in_address = true;
    if (*at == '`') self->is_in_code = !self->is_in_code && at < self->last_tick;
}

static bool has_name_at(const mentions *self, const char *at) {
    return at >= self->begin && at < self->end && name_has_byte(*at);
}

/* Does a word go on at `at`, away from the name (`away`: 1 or -1), as an address of mail, the name
 * of a machine and a path do? */
static bool goes_on_at(const mentions *self, const char *at, int away) {
    if (at < self->begin || at >= self->end) return false;
    if (name_has_byte(*at) || *at == '/') return true;
    return (*at == '@' || *at == '.') && has_name_at(self, at + away);
}

/* Is it the name as a word? */
static bool is_mention(const mentions *self, const name *me, size_t n) {
    if (!text_is_same(self->at, me->text, n)) return false;
    return !goes_on_at(self, self->at - 1, -1) && !goes_on_at(self, self->at + n, 1);
}

/* The next place of the name, from which the walk goes on behind it; NULL: there is none. */
static const char *mentions_next(mentions *self, const name *me) {
    size_t n = strlen(me->text);
    while (n > 0 && n <= (size_t)(self->end - self->at)) {
        const char *at = self->at;
        bool is = !self->is_in_address && !self->is_in_code && is_mention(self, me, n);
        mentions_step(self);
        if (!is) continue;
        self->at = at + n;
        return at;
    }
    return NULL;
}

bool screen_is_for(const char *line, size_t bytes, const name *me) {
    mentions walk = mentions_of(line + said_by_another(line, bytes, me), line + bytes);
    size_t author = author_bytes(line, bytes), tail = sizeof to_you - 1;
    bool is_alone = author > tail && memcmp(line + author - tail, to_you, tail) == 0;
    return is_alone || mentions_next(&walk, me);
}

/* ---- The line -------------------------------------------------------------------------------- */

/* Prints the rest of a line from `begin` on. */
static void print_marked(FILE *out, const char *line, size_t begin, size_t bytes, const name *me) {
    mentions walk = mentions_of(line + said_by_another(line, bytes, me), line + bytes);
    const char *at = line + begin;
    for (const char *found; (found = mentions_next(&walk, me)); at = walk.at) {
        screen_print_text(out, at, (size_t)(found - at));
        fprintf(out, REVERSED "%.*s" PLAIN, (int)(walk.at - found), found);
    }
    screen_print_text(out, at, (size_t)(line + bytes - at));
}

void screen_print(FILE *out, const char *line, size_t bytes, int64_t time_s, const name *me) {
    size_t author = me ? author_bytes(line, bytes) : 0;
    print_time(out, time_s, me != NULL);
    if (author > 0) {
        fprintf(out, "\033[1;%dm", colour_of(line, author));
        screen_print_text(out, line, author);
        fputs(PLAIN, out);
    }
    bool is_dim = me && bytes >= 2 && line[0] == '*' && line[1] == ' ';
    if (is_dim) fputs(DIM, out);
    if (me) {
        print_marked(out, line, author, bytes, me);
    } else {
        screen_print_text(out, line, bytes);
    }
    fputs(is_dim ? PLAIN "\n" : "\n", out);
}
