/* SPDX-License-Identifier: MIT */
/* text.h: what a line from a client may consist of, and what kind of line it is. */
#ifndef CHAT_TEXT_H
#define CHAT_TEXT_H

#include <edo/bytes.h>

#define NODE_BYTES_MAX 32 /* of what operators call a server: letters, digits, '-', '_' or '.' */

/* The last line of a terminal that is sent to another server; --connect does not show it. */
#define TEXT_MOVED "* this server ends: connect again, and another one goes on"

/* The last line of a terminal whose session another connection has taken. */
#define TEXT_TAKEN "* another connection has your session"

/* Replies to the command by which --connect says its session: of a server that knows it, behind
 * TEXT_YOU and the name; and of one that does not. */
#define TEXT_YOU     "* you are "
#define TEXT_SESSION " by your session"
#define TEXT_NOT_ASKED                                                                             \
    "* error: the name %s was not asked for, as you are here already" /* next, of one that it wants */
#define TEXT_UNKNOWN "* error: unknown command, see /help"

/* "/ref REF TEXT" says a text that its author calls so. */
#define TEXT_REF           "/ref "
#define TEXT_REF_BYTES_MAX 64

/* Whether `n` bytes of the texts are the same, in any case; one that ends before is not. */
bool text_is_same(const char *a, const char *b, size_t n);

/* A letter of ASCII in lower case, any other byte as it is. What <ctype.h> says depends on the
 * locale, which a terminal has. */
char text_lower(char c);

/* Whether the text begins so, in any case. */
bool text_begins(const char *text, const char *begin);

/* Takes the first character off the text, which is not empty. Returns -1 if it is not UTF-8 by RFC
 * 3629, section 4: the shortest form only, no surrogates, nothing above U+10FFFF. So the bytes of a
 * telnet negotiation (0xFF) never pass. */
int32_t text_next(const uint8_t **text, const uint8_t *end);

/* Returns NULL if the text may be shown to others, else what is wrong with it. It must be UTF-8
 * without what moves a terminal or ends a line: the control characters (U+0000 to U+001F but for
 * TAB, U+007F to U+009F) and the separators U+2028 and U+2029. Marks of writing direction pass:
 * they are part of ordinary text in some scripts, and a terminal ends their effect with the
 * line. */
const char *text_fault(edo_str text);

/* As text_fault(), of a text of up to TEXT_LINES_MAX lines with LF between them: pages may send
 * that. */
#define TEXT_LINES_MAX 40
const char *text_lines_fault(edo_str text);

/* Whether a text, which is UTF-8, has nothing that a reader would see: nothing but blanks, and
 * characters that are shown as nothing (Unicode's White_Space, Default_Ignorable_Code_Point, and
 * the empty pattern of Braille). */
bool text_is_blank(edo_str text);

/* Takes the first line, without its LF, off a text. Returns false once there is none; a text
 * without LF has one. */
typedef struct text_lines {
    const char *at, *end; /* NULL: all was taken */
} text_lines;
text_lines text_lines_of(edo_str text);
bool text_lines_next(text_lines *self, edo_str *line);

/* Ends a text of `bytes` bytes with its NUL, which was cut to that, with an ellipsis; that stands
 * behind a whole character. */
void text_mark_cut(char *text, size_t bytes);

/* Whether the text is the URL of a database of PostgreSQL. */
bool text_is_database(const char *text);

/* The bytes of a line before its text, by which its author calls it: "/ref REF "; 0: nothing. */
size_t line_ref_bytes(const char *line);

/* Whether the line is one of a text with a reference, perhaps without a good one. */
bool line_is_ref(const char *line);

/* Whether the line is a command, and no text for the room, as "//TEXT" and "/me TEXT" are. */
bool line_is_command(const char *line);

/* Whether a command that is not done was meant to lead to another room, also as others write it, or
 * mistyped: "/JOIN #ops", "/j ops", "/join#ops". Of a line that was cut, whether it may have
 * been. */
bool line_leads_to_room(const char *line, bool is_cut);

#endif
