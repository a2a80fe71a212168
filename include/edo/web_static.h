/* SPDX-License-Identifier: MIT */
/* edo/web_static.h: files for the routers of edo/web.h: of a directory, of one file, from the
 * memory of the program, or from where a program has them. In libedo-web.
 *
 *     edo_serve_dir(r, "/static", "www", NULL);           // /static/app.js is www/app.js
 *     edo_serve_file(r, "/favicon.ico", "www/icon.ico", NULL);
 *     edo_serve_assets(r, "/", page, EDO_COUNT(page), NULL);
 *
 * GET and HEAD are served, other methods get 405 from the router. A directory is the file
 * index.html in it, and its name without a slash at the end is redirected (307) to that with one. A
 * name without an extension that is not there is looked for with ".html" behind it.
 *
 * - The response has a strong `ETag`, `Last-Modified` and `Accept-Ranges`. If-Match and
 *   If-Unmodified-Since give 412, If-None-Match and If-Modified-Since with 304, in the
 *   order of RFC 9110 section 13.2.2. A range gives 206, up to 16 of them as
 *   multipart/byteranges (those that overlap or touch become one), unless If-Range does not hold;
 *   none within the file with 416; more than 16 with the whole file.
 *
 * - A path that is not plain gives 404, before any file is looked at: with an empty
 *   segment, ".", "..", a backslash, a control character, a slash in percent encoding, the name of
 *   a device of Windows, or a name that begins with a dot, but for ".well-known" as the first one
 *   (RFC 8615). The kernel sees to it that no
 *   symbolic link leads out of the directory (openat2(); where that is absent no link is followed). A file that may not be read, and what is
 *   no regular file, gives 404, too. Nothing lists a directory.
 *
 * - Files are no part of what edo/openapi.h describes. One of edo_serve_file() is if
 *   edo_router_doc() comes behind it.
 *
 * - Small files are served from memory (edo/file_cache.h), large ones by the kernel (sendfile(2)).
 *
 * Files are told from their next version by size, place and time of change: replace them
 * (edo_fs_replace()), since a file that is written in place twice within a tick of the file
 * system's clock may keep all three.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_WEB_STATIC_H
#define EDO_WEB_STATIC_H

#include <edo/file_cache.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* How files are served; all zero is the default. The things that it points to are copied. */
typedef struct edo_static_opts {
    const char *index;         /* what a directory is; NULL: "index.html"; "": 404 */
    const char *cache_control; /* the field of all files; NULL: none */
    edo_web_fn *not_found;     /* makes the response instead of the 404 */
    bool precompressed;        /* "app.js.br", ".zst", ".gz" and ".zz" (deflate) beside "app.js"
                                  are sent to clients that accept them, also where "app.js" is not
                                  there: others then get 404. Those that are not there are looked
                                  for again after a second or two */
    bool hashed_names;         /* a name with a part of 8 or more hexadecimal digits between dots or
                                  dashes, letters and numbers, as "app-3f9a1c20.js", is for ever:
                                  it gets "public, max-age=31536000, immutable" */
    bool shows_hidden;         /* names that begin with a dot are served, too */
    bool exact_names;          /* nothing is looked for with ".html" behind it */
    const edo_file_cache_opts *cache; /* of files in memory, without `beneath`; NULL: defaults. Each
                             request has the file checked, so that who replaces it gets the new one,
                             unless `check_after` is set: then that may be old, and costs less */
    const char *fallback;             /* the file that is served, as any other, where none is there:
                             "index.html" of a page that has its own paths. NULL: 404 */
    uint64_t reserved[3];             /* must be 0 */
} edo_static_opts;

/** Serves the files of the directory `dir` below `path`: for "/static" those are "/static/{name}",
 * "/static/", and "/static", which is redirected; for "/" all paths without a better route. If
 * `r` is nested, give the files a path of their own in it, or nest it behind a prefix with a slash
 * at its end: "/" behind "/files" would be "/files", and the page's relative links wrong.
 * Owns:    copies all.
 * Errors:  kept for the call that takes the router: -EINVAL  `path` has `{*rest}`, an option is bad
 *          -ENOMEM;  as edo_router_add(), edo_file_cache_new() */
EDO_API void edo_serve_dir(edo_router *r, const char *path, const char *dir,
                           const edo_static_opts *opts);

/** Serves one file at one path. Symbolic links are followed wherever they lead.
 * Owns: copies all.   Errors: kept: as edo_serve_dir() */
EDO_API void edo_serve_file(edo_router *r, const char *path, const char *file,
                            const edo_static_opts *opts);

/* A file that is a part of the program. */
typedef struct edo_asset {
    const char *name; /* below the path, as "js/app.js" */
    edo_str bytes;
    const char *type; /* its content type; NULL: by its name */
} edo_asset;

/** Serves files from memory below `path`, as edo_serve_dir() does from a directory. Their ETag is a
 * digest of the bytes; they have no `Last-Modified`.
 * Owns:    borrows `assets` and what they point to until the router is freed; copies the rest.
 * Errors:  kept: as edo_serve_dir() */
EDO_API void edo_serve_assets(edo_router *r, const char *path, const edo_asset *assets, size_t n,
                              const edo_static_opts *opts);

#define EDO_STATIC_TAG_BYTES 64 /* of an entity tag and its NUL */

/* A file that a backend has found. */
typedef struct edo_static_file {
    edo_bytes bytes;    /* all of it, unless there is `stream`; unreferenced by the caller */
    edo_stream *stream; /* a file that is open to read (edo/file.h); closed by the caller */
    uint64_t size;      /* of what is behind `stream` or `source` */
    int64_t modified_s; /* when it was changed last, in seconds since 1970; negative: not known */
    edo_str type; /* its content type, which lives as long as the backend; no bytes: by name */
    char tag[EDO_STATIC_TAG_BYTES]; /* strong, without quotes; "": none */
    /* Instead of `stream`: any stream of `size` bytes, closed by the caller. One that has no places
     * (edo_seek()) is read from its start up to the last byte that is wanted. */
    edo_stream *source;
} edo_static_file;

/* The source of files. */
typedef struct edo_static_backend_ops {
    const char *name;

    /* Fills `*out`, which is all zero, with the file `path`: its segments are not empty, nor "." or
     * "..", and there is no slash at an end. Returns 0 or a negative code: -ENOENT, -ENOTDIR,
     * -EACCES and their like are a 404, -EISDIR a redirection, all else a 500. In a fiber; may
     * wait. Any thread, at once. */
    int (*open)(void *self, edo_static_file *out, const char *path);

    /* Ends the backend, on any thread; NULL: there is nothing to do. */
    void (*free)(void *self);
} edo_static_backend_ops;

/** Serves what a backend has below `path`, as edo_serve_dir() does.
 * Owns:    takes `self`, in any case: `ops->free` is called when the router is freed. Borrows
 *          `ops` until then.
 * Errors:  kept: as edo_serve_dir() */
EDO_API void edo_serve_backend(edo_router *r, const char *path, const edo_static_backend_ops *ops,
                               void *self, const edo_static_opts *opts);

/** Sends what a handler has the way files are sent: `ETag`, `Last-Modified` and `Accept-Ranges`,
 * 304 and 412 for the If-… fields, 206 for the ranges that a client wants, 416 for those that are
 * not there. All other fields are the handler's. Returns 0 when all is sent, or is to be sent.
 *
 *     edo_static_file song = { .source = s, .size = bytes, .modified_s = -1,
 *                              .type = EDO_STR("audio/ogg"), .tag = "v7" };
 *     return edo_web_reply_content(w, &song);
 *
 * Conditions count for GET and HEAD, ranges for GET; otherwise all of it is sent. Several ranges of
 * a `source` without places are sent if each is behind the one before; else the whole is. Without a
 * type it is "application/octet-stream".
 * Owns:    borrows `what` until return; its streams stay the caller's.
 * Errors:  -EINVAL  the type or tag cannot be sent;  as edo_response_file_part() and reading
 *          -EIO     there are fewer bytes than `size`: return it, so that the connection is broken
 *                   off
 * Cancel: not safe: a part may be sent.   Threads: the handler's.
 * Waits:   for the stream and for room in the socket. */
EDO_MUST_USE EDO_API int edo_web_reply_content(edo_web *w, const edo_static_file *what);

EDO_END_DECLS

#endif
