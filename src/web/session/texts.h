/* SPDX-License-Identifier: MIT */
/* web/session/texts.h: the texts of a session, and how they are kept:
 *
 *     length of name (4 bytes, the lowest first)   length of text (4)   name   text   …
 */
#ifndef EDOI_WEB_SESSION_TEXTS_H
#define EDOI_WEB_SESSION_TEXTS_H

#include <edo/arena.h>
#include <edo/bytes.h>

#define EDOI_SESSION_TEXT_BYTES 8u /* of a text, beside name and text */

typedef struct edoi_session_text {
    struct edoi_session_text *next;
    edo_str name, value;
} edoi_session_text;

/* In order of the first set. */
typedef struct edoi_session_texts {
    edoi_session_text *first;
    size_t bytes; /* of all, as they are kept */
} edoi_session_texts;

edoi_session_text *edoi_session_find(const edoi_session_texts *t, edo_str name);

/* Copies both to `arena`. Returns 0, or -EMSGSIZE if all would have more than `most` bytes, or
 * -ENOMEM. */
int edoi_session_put(edoi_session_texts *t, edo_arena *arena, edo_str name, edo_str value,
                     size_t most);

/* Returns whether there was one. */
bool edoi_session_take(edoi_session_texts *t, edo_str name);

/* Append what is kept to `out`; read it into `t`, as views into `data` with memory of `arena`.
 * Return 0, -ENOMEM, or -EBADMSG if it is none. */
int edoi_session_print(const edoi_session_texts *t, edo_buf *out);
int edoi_session_parse(edoi_session_texts *t, edo_arena *arena, edo_str data);

#endif
