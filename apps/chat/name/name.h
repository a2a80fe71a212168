/* SPDX-License-Identifier: MIT */
/* name/name.h: names of people and rooms.
 *
 * A person's name is in any script: letters, marks and digits, of which name_rules.h says more, and
 * single blanks within. A room's is of ASCII. Names that differ in case only, or in the form of
 * their characters, are one name: name_key() is the same of both. */
#ifndef CHAT_NAME_H
#define CHAT_NAME_H

#include <edo/bytes.h>

#define NAME_BYTES_MAX 64 /* of UTF-8 */
#define ROOM_BYTES_MAX 24 /* without the room's # */

typedef struct name {
    char text[NAME_BYTES_MAX + 1]; /* with a NUL; "": none */
} name;

/* A person's name that a client asks for: out of a form, a line or a header. Writes it in its
 * normal form (NFC, a blank as U+0020). Returns whether it is a name. */
bool name_parse(name *out, edo_str text);

/* A person's name that the chat has written: into a store, to another server, in a line. It may be
 * of a program with other rules. Returns whether it can be a name at all. */
bool name_read(name *out, edo_str text);

/* A room's name: 1 to ROOM_BYTES_MAX letters of ASCII, digits, '_' or '-'. */
bool room_name_parse(name *out, edo_str word);

/* Whether a room's name, or a session, may have that byte. */
bool name_has_byte(char c);

/* A person's name as one word of a line: a blank is U+00A0 there. name_parse() and name_read() take
 * both forms. */
typedef struct name_word {
    char text[NAME_BYTES_MAX * 3 / 2 + 1];
} name_word;
name_word name_as_word(const name *n);

/* How many bytes at the beginning of a text may be such a word. */
size_t name_word_bytes(edo_str text);

/* The same text for all that are one name. */
void name_key(const name *n, char out[NAME_BYTES_MAX + 1]);

/* Whether they are one name. */
bool name_equal(const name *a, const name *b);

/* The order of names, as strcmp() has it. */
int name_compare(const name *a, const name *b);

/* Returns whether no client may have that name: the server's own lines are signed with it, or are
 * about it. */
bool name_is_reserved(const name *n);

#endif
