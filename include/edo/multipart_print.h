/* SPDX-License-Identifier: MIT */
/* edo/multipart_print.h: what stands between the fields of a form with files (multipart/form-data,
 * RFC 7578) that is sent. edo_fetch() prints forms of `.parts` by it; edo/multipart.h reads them.
 * In libedo-client.
 *
 *     char boundary[EDO_MULTIPART_BOUNDARY_BYTES];
 *     int err = edo_multipart_make_boundary(boundary);
 *     if (err == 0) err = edo_multipart_print_head(&body, boundary, EDO_STR("note"), name, type);
 *     if (err == 0) err = edo_buf_append(&body, note.ptr, note.len);
 *     if (err == 0) err = edo_multipart_print_end(&body, boundary);
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Waits:   never.   Since: 0.1 */
#ifndef EDO_MULTIPART_PRINT_H
#define EDO_MULTIPART_PRINT_H

#include <edo/bytes.h>

EDO_BEGIN_DECLS

#define EDO_MULTIPART_BOUNDARY_BYTES 33 /* of a boundary that edo makes, and its NUL */

/** Makes a random boundary, which nobody can have put into a part.
 * Errors: those of getrandom(2): `out` is untouched   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_multipart_make_boundary(char out[EDO_MULTIPART_BOUNDARY_BYTES]);

/** Appends what stands before the bytes of a field of a form: the boundary and the head. `filename`
 * and `type` may be without a pointer: none. As in browsers a quote, CR and LF of the names are
 * %22, %0D, %0A, and all else is as it is, also a backslash. A buffer that is empty is the
 * beginning of the body.
 * Errors:  -EINVAL  a name is not UTF-8, or the type no value of a field;  -ENOMEM
 *          In each case nothing has changed.
 * Threads: one at a time for `out`. */
EDO_MUST_USE EDO_API int edo_multipart_print_head(edo_buf *out, const char *boundary, edo_str name,
                                                  edo_str filename, edo_str type);

/** Appends the end of the body.
 * Errors: -ENOMEM  nothing has changed   Threads: one at a time for `out`. */
EDO_MUST_USE EDO_API int edo_multipart_print_end(edo_buf *out, const char *boundary);

EDO_END_DECLS

#endif
