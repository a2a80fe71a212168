/* SPDX-License-Identifier: MIT */
/* http/h1/trailers.h: writes the end of a chunked body (RFC 9112 section 7.1.2). */
#ifndef EDOI_HTTP_H1_TRAILERS_H
#define EDOI_HTTP_H1_TRAILERS_H

#include <edo/headers.h>

#define EDOI_LAST_CHUNK EDO_STR("0\r\n\r\n") /* without trailers */

/* Does the field say something about framing, routing, authentication, or how to read the content,
 * which has passed by? Such a field is no trailer, in no version (RFC 9110 section 6.5.1). */
EDO_API bool edoi_trailer_is_forbidden(const edo_header *f);

/* Prints the last chunk with those fields of `trailers` that may stand there: `Trailer` among
 * `head` names them, and they say nothing about framing, routing, authentication, or how to read
 * the content, which has passed by. `head` may be NULL. Returns the number of bytes, or -EMSGSIZE
 * if they are more than `room`, which is that of the last chunk without trailers at least. */
int edoi_trailers_print(char *to, size_t room, const edo_headers *trailers,
                        const edo_headers *head);

/* May the field `f` stand there? */
EDO_API bool edoi_trailers_may_have(const edo_header *f, const edo_headers *head);

#endif
