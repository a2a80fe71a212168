/* SPDX-License-Identifier: MIT */
/* command.c: "/verb arguments" by a table of verbs; everything else is said to the room. */
#include "command.h"

#include <string.h>

const char command_help[] = "* /nick NAME       change your name\n"
                            "* /join #ROOM      go to another room\n"
                            "* /rooms           the rooms, and how many are in each\n"
                            "* /who             who is in this room\n"
                            "* /msg NAME TEXT   tell one person only\n"
                            "* /me TEXT         say what you do\n"
                            "* /quit            leave";

/* A piece of a line. */
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
    rest->at += word.bytes;
    rest->bytes -= word.bytes;
    *rest = trimmed(*rest);
    return word;
}

static command fault(const char *text) {
    return (command){ .kind = COMMAND_FAULT, .fault = text };
}

typedef enum shape { NOTHING, NAME, ROOM, TEXT, NAME_AND_TEXT } shape;

static const struct verb {
    const char *word;
    command_kind kind;
    shape takes;
    const char *usage;
} verbs[] = {
    { "/nick", COMMAND_NICK, NAME, "usage: /nick NAME" },
    { "/join", COMMAND_JOIN, ROOM, "usage: /join #ROOM" },
    { "/rooms", COMMAND_ROOMS, NOTHING, "usage: /rooms" },
    { "/who", COMMAND_WHO, NOTHING, "usage: /who" },
    { "/msg", COMMAND_MSG, NAME_AND_TEXT, "usage: /msg NAME TEXT" },
    { "/me", COMMAND_ME, TEXT, "usage: /me TEXT" },
    { "/help", COMMAND_HELP, NOTHING, "usage: /help" },
    { "/quit", COMMAND_QUIT, NOTHING, "usage: /quit" },
};

static command with_arguments(const struct verb *verb, piece rest) {
    command c = { .kind = verb->kind };
    if (verb->takes == NAME || verb->takes == ROOM || verb->takes == NAME_AND_TEXT) {
        piece word = next_word(&rest);
        if (word.bytes == 0) return fault(verb->usage);
        if (verb->takes == ROOM && word.at[0] == '#') word.at++, word.bytes--;
        if (!name_parse(&c.name, word.at, word.bytes)) {
            return fault("a name is 1 to 24 letters, digits, '_' or '-'");
        }
    }
    bool wants_text = verb->takes == TEXT || verb->takes == NAME_AND_TEXT;
    bool takes_one_name = verb->takes == NAME || verb->takes == ROOM;
    if (wants_text && rest.bytes == 0) return fault(verb->usage);
    if ((takes_one_name || verb->takes == NOTHING) && rest.bytes > 0) return fault(verb->usage);
    c.text = rest.at;
    c.text_bytes = rest.bytes;
    return c;
}

command command_parse(const char *line, size_t bytes) {
    piece rest = { line, bytes };
    if (bytes == 0) return (command){ .kind = COMMAND_NONE };
    if (line[0] != '/') {
        return (command){ .kind = COMMAND_SAY, .text = line, .text_bytes = bytes };
    }
    piece word = next_word(&rest);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strlen(verbs[i].word) == word.bytes && !memcmp(verbs[i].word, word.at, word.bytes)) {
            return with_arguments(&verbs[i], rest);
        }
    }
    return fault("unknown command, see /help");
}
