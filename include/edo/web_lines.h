/* SPDX-License-Identifier: MIT */
/* edo/web_lines.h: bodies of JSON lines (NDJSON), one value after the other, of any length. In
 * libedo-web.
 *
 *     static int import(edo_web *w) {
 *         edo_web_lines lines;
 *         order o;
 *         int n = edo_web_lines_init(&lines, w, NULL);
 *         while (n >= 0 && (n = edo_web_lines_next(&lines, &o, &order_desc)) > 0) n = store(&o);
 *         edo_web_lines_deinit(&lines);
 *         return n < 0 ? n : edo_web_reply_no_content(w);   // a bad line has made its response
 *     }
 *
 * A line is read when the handler asks for it: while it does not, the client's writes stop. What is
 * written: edo_web_reply_json_lines().
 *
 * Unless a function says otherwise:
 * Threads: the handler's.   Since: 0.1 */
#ifndef EDO_WEB_LINES_H
#define EDO_WEB_LINES_H

#include <edo/buf_io.h>
#include <edo/json.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

#define EDO_WEB_LINE_MAX 65536u

/* Options of edo_web_lines_init(); all zero is the default. */
typedef struct edo_web_lines_opts {
    uint32_t line_max;    /* bytes of a line without its end; 0: 64 KiB */
    bool any_type;        /* whatever the content type is */
    uint64_t reserved[3]; /* must be 0 */
} edo_web_lines_opts;

/* The lines of one body. You place it. Fields are edo's, but `line`. */
typedef struct edo_web_lines {
    uint64_t line; /* the number of the line that was read last, from 1 */
    edo_web *w;
    edo_buf_reader in;
    edo_arena arena;       /* of the value that was decoded last */
    edo_json_value *value; /* the last one; NULL: none */
} edo_web_lines;

/** Begins to read the lines of the request's body. The content type is "application/x-ndjson",
 * "application/jsonl", or one of their other names; else the request is refused with 415.
 * Owns:    borrows `w` until edo_web_lines_deinit(), which comes before the handler returns; copies
 *          `opts` (may be NULL).
 * Errors: -EINVAL  the content type;  `reserved`, or a `line_max` above 1 GiB   Waits: never. */
EDO_MUST_USE EDO_API int edo_web_lines_init(edo_web_lines *self, edo_web *w,
                                            const edo_web_lines_opts *opts);

/** Gives up what was read. Allowed also after a failed init, or twice.
 * Waits:   never. */
EDO_API void edo_web_lines_deinit(edo_web_lines *self);

/** Reads the next line into the struct at `out`, which `desc` describes: 1; 0 at the end of the
 * body. Lines of blanks are passed over, and counted. What one value takes is bounded by
 * `decoded_max` of the server or router.
 *
 * What is wrong makes the response, as with edo_web_json(), and "detail" has the number of the
 * line: "line 3, column 8: \"id\" must be at least 1". 400: it is no JSON, or the body is broken;
 * 408: it came too slowly; 413: a line is longer than `line_max`, or would take too much memory;
 * 422: it is not as described. If the head was sent already, the response is broken off.
 * Owns:    what is decoded lives until the next call or deinit.
 * Errors:  -EDO_EVALUE, -EDO_EJSON, -EMSGSIZE; those of reading the body;  -ENOMEM
 * Cancel: safe: nothing is lost.   Waits: for a whole line. */
EDO_MUST_USE EDO_API int edo_web_lines_next(edo_web_lines *self, void *out, const edo_desc *desc);

/** As edo_web_lines_next(), into a tree: for lines that have no description.
 * Owns: `*out` is the reader's, until the next call or deinit.   Errors: as edo_web_lines_next()
 * Cancel: safe: nothing is lost.   Waits: for a whole line. */
EDO_MUST_USE EDO_API int edo_web_lines_next_value(edo_web_lines *self, const edo_json_value **out);

EDO_END_DECLS

#endif
