/* SPDX-License-Identifier: MIT */
/* edo/multipart.h: forms with files (multipart/form-data), and other multipart bodies, part by part
 * as they come. In libedo-web.
 *
 *     static int upload(edo_web *w) {
 *         edo_multipart *m;
 *         edo_multipart_field f;
 *         int err = edo_web_multipart(&m, w, &(edo_multipart_opts){ .bytes_max = 1 << 30 });
 *         while (err >= 0 && (err = edo_multipart_next(m, &f)) > 0)
 *             if (f.filename.ptr) err = edo_multipart_copy(m, file, NULL);
 *         return err < 0 ? err : edo_web_reply_no_content(w); // a bad form has its response
 *     }
 *
 * Fields are read in their order, each before the next one; what is left of one is passed over. A
 * body of any length needs 16 KiB and the head of one field; while nobody reads, the client's
 * writes stop.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_MULTIPART_H
#define EDO_MULTIPART_H

#include <edo/multipart_print.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* A multipart body that is read. */
typedef struct edo_multipart edo_multipart;

#define EDO_MULTIPART_HEAD_MAX     8192u
#define EDO_MULTIPART_FIELDS_MAX   256u
#define EDO_MULTIPART_BOUNDARY_MAX 70u /* RFC 2046 section 5.1.1 */

/* Limits; all zero is the default. Beyond one of them calls fail with -EMSGSIZE. */
typedef struct edo_multipart_opts {
    uint64_t bytes_max;       /* of the whole body; 0: 2 MiB; UINT64_MAX: no limit */
    uint64_t field_bytes_max; /* of one field; 0: no other limit than that */
    uint32_t fields_max;      /* 0: 256 */
    uint32_t head_bytes_max;  /* of the head of a field; 0: 8,192, which is the most */
    uint64_t reserved[4];     /* must be 0 */
} edo_multipart_opts;

/* One field. It lives until the next edo_multipart_next(). */
typedef struct edo_multipart_field {
    edo_str name;     /* of Content-Disposition; NULL: none. In a form a backslash means itself, and
                         a quote is %22, as browsers send it */
    edo_str filename; /* likewise: as the peer wrote it, so a "/", "\" or ".." in it is yours to
                         refuse; without line breaks. `filename*` only if there is no `filename` */
    edo_str type;     /* Content-Type; NULL: none */
    const edo_headers *headers;
} edo_multipart_field;

/** Begins to read the form that is the request's body. On failure of this and of all other
 * functions a response has been made, as those of edo/web.h do:
 *
 *     400  the boundary is bad, the body breaks the format, or ends too early; bad UTF-8
 *     408  the body came too slowly
 *     413  a limit
 *     415  the content type is not multipart/form-data; a charset that is not known
 * Owns:    `*out` ends with the request; it is not to be freed. `opts` may be NULL.
 * Errors:  -EINVAL  the content type; an option;  -EBADMSG  the boundary
 *          -EMSGSIZE  the body says that it is longer than `bytes_max`;  -ENOMEM
 *          -EALREADY  the request's body is read as a form already: that goes on, and no response
 *                     has been made
 * Threads: the handler's. */
EDO_MUST_USE EDO_API int edo_web_multipart(edo_multipart **out, edo_web *w,
                                           const edo_multipart_opts *opts);

/** Begins to read a multipart body of the type `content_type` from `in`: of a response, or of a
 * form elsewhere. Fields need no Content-Disposition.
 * Owns:    borrows `in`; returns new in `*out`: edo_multipart_free(). `opts` may be NULL.
 * Errors:  -EINVAL  the content type is not multipart; an option
 *          -EBADMSG  no boundary, or a bad one;  -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_multipart_new(edo_multipart **out, edo_stream *in,
                                           edo_str content_type, const edo_multipart_opts *opts);

/** Frees what edo_multipart_new() made, and what it has returned. NULL is allowed.
 * Owns:    takes `m`. */
EDO_API void edo_multipart_free(edo_multipart *m);

/** Goes on to the next field, behind what is left of the one before. Returns 1, or 0 at the end.
 * Owns:    `*out` lives until the next call.
 * Errors:  kept: each later call returns the same one
 *          -EBADMSG   the format; a field of a form without a name
 *          -EMSGSIZE  a limit;  -EDO_EEOF  the body ended before its last boundary
 *          -ENOMEM; else as reads of the stream
 * Cancel: not safe: what was read is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_multipart_next(edo_multipart *m, edo_multipart_field *out);

/** Reads some bytes of the field, at most `n` (not 0). Returns their number, or 0 at its end.
 * Errors: as edo_multipart_next()   Cancel: safe: no byte is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_multipart_read(edo_multipart *m, void *buf, size_t n);

/** Writes the rest of the field to `to`, and returns 0. `*bytes` (may be NULL) is the number of
 * bytes that were written, also after a failure.
 * Errors:  as edo_multipart_next(); as edo_write() to `to`, which is not kept
 * Cancel: not safe: an unknown part was written.   Waits: for the body and for room in `to`. */
EDO_MUST_USE EDO_API int edo_multipart_copy(edo_multipart *m, edo_stream *to, uint64_t *bytes);

/** Reads the rest of the field as a whole, of at most `most` bytes: edo_multipart_bytes() as it is,
 * edo_multipart_text() as UTF-8, with a NUL behind it, whatever `charset` of its type says: UTF-8
 * (also if it says nothing), US-ASCII or ISO-8859-1.
 * Owns:    `*out` lives as long as `m`.
 * Errors:  as edo_multipart_next();  -EMSGSIZE  it is longer
 *          -EILSEQ   edo_multipart_text(): it is not UTF-8, or not US-ASCII
 *          -ENOTSUP  edo_multipart_text(): another charset
 * Cancel: not safe: what was read is lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_multipart_bytes(edo_multipart *m, edo_str *out, size_t most);
EDO_MUST_USE EDO_API int edo_multipart_text(edo_multipart *m, edo_str *out, size_t most);

EDO_END_DECLS

#endif
