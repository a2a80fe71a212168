/* SPDX-License-Identifier: MIT */
/* web/session/texts.h: the texts of a session, and how they are kept:
 *
 *     length of name (4 bytes, the lowest first)   length of text (4)   name   text   …
 *
 * inv. 1: `bytes` is what the texts take as they are kept. */
#ifndef EDOI_WEB_SESSION_TEXTS_H
#define EDOI_WEB_SESSION_TEXTS_H

#include <edo/arena.h>
#include <edo/bytes.h>

#define EDOI_SESSION_TEXT_BYTES 8u /* bytes of a text, besides the name and the text */

typedef struct edoi_session_text {
    struct edoi_session_text *next;
    edo_str name, value;
} edoi_session_text;

/* In the order in which they were set first. */
typedef struct edoi_session_texts {
    edoi_session_text *first;
    size_t bytes; /* of all texts, as they are kept */
} edoi_session_texts;

edoi_session_text *edoi_session_find(const edoi_session_texts *t, edo_str name);

/* Sets a text; copies both to `arena`. Returns 0, -EMSGSIZE if all texts would have more than
 * `most` bytes, or -ENOMEM. */
int edoi_session_put(edoi_session_texts *t, edo_arena *arena, edo_str name, edo_str value,
                     size_t most);

/* Removes a text. Returns whether there was one. */
bool edoi_session_take(edoi_session_texts *t, edo_str name);

/* The first appends the texts to `out` as they are kept. The second reads them into `t`, as views
 * into `data`, with memory of `arena`. Return 0, -ENOMEM, or -EBADMSG if the data are malformed. */
int edoi_session_print(const edoi_session_texts *t, edo_buf *out);
int edoi_session_parse(edoi_session_texts *t, edo_arena *arena, edo_str data);

#endif
