/* SPDX-License-Identifier: MIT */
/* edo/uuid.h: names that nobody else has given. */
#ifndef EDO_UUID_H
#define EDO_UUID_H

#include <edo/base.h>

EDO_BEGIN_DECLS

#define EDO_UUID_BYTES 37 /* of the text, with its NUL */

/** Writes a random UUID (version 4), as "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", and returns `text`.
 * It is a name, for requests or files, and no secret: on a kernel that gives no random bytes it is
 * made from the clock and a counter. Spec: RFC 9562 section 5.4.
 * Threads: any, at once.   Waits: never, but early in a system's boot for its random bytes.
 * Since:   0.1 */
EDO_API char *edo_uuid(char text[EDO_UUID_BYTES]);

EDO_END_DECLS

#endif
