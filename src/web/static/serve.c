/* SPDX-License-Identifier: MIT */
/* web/static/serve.c: finds the file for the path of a request. */
#include "web/request/reply/location.h"
#include "web/request/web.h"
#include "web/static/mount.h"
#include "web/static/path.h"
#include "web/static/variant.h"

#include <edo/uri.h>

#include <errno.h>

#define NS_PER_S INT64_C(1000000000)

/* Returns `a`, `b` and `c` in one text with a NUL; NULL without memory. */
static char *static_serve_join(edo_web *w, edo_str a, const char *b, const char *c) {
    size_t b_n = strlen(b), c_n = strlen(c);
    char *text = edo_arena_text(edo_web_request(w)->arena, a.len + b_n + c_n + 1);
    if (!text) return NULL;
    if (a.len > 0) memcpy(text, a.ptr, a.len);
    memcpy(text + a.len, b, b_n);
    memcpy(text + a.len + b_n, c, c_n + 1);
    return text;
}

/* Returns the path as the client has sent it: the router may have changed its end
 * (edo_router_normalize_path()), but a browser resolves names against the original. */
static edo_str sent_path(edo_web *w) {
    edo_str target = edo_web_request(w)->target;
    const char *mark = memchr(target.ptr, '?', target.len);
    return mark ? (edo_str){ target.ptr, (size_t)(mark - target.ptr) } : target;
}

static bool static_serve_ends_with_slash(edo_str path) {
    return path.len > 0 && path.ptr[path.len - 1] == '/';
}

/* Refuses with 404. A client that takes other codings may get a variant, so a cache has to tell
 * them apart. */
static int static_serve_not_found(edo_web *w, const edoi_static_mount *m) {
    edo_headers *h = &edo_web_response(w)->headers;
    int err = !m->opts.precompressed
                  ? 0
                  : edo_headers_append(h, EDO_HEADER_VARY, EDO_STR("accept-encoding"));
    if (err < 0) return err;
    return m->opts.not_found ? m->opts.not_found(w)
                             : edoi_web_turn_away(w, -ENOENT, EDO_STATUS_NOT_FOUND, NULL);
}

/* Does the code mean that there is no such file for a client? */
static bool is_missing(int err) {
    switch (err) {
    case -ENOENT:
    case -ENOTDIR:
    case -EISDIR:
    case -EACCES:
    case -EPERM:
    case -ELOOP:
    case -EXDEV:
    case -EINVAL: // it is a device, a FIFO or a socket
    case -ENXIO:
    case -ENODEV:
    case -ENOTSUP:
    case -ENAMETOOLONG: return true;
    default: return false;
    }
}

/* ---- Redirection ----------------------------------------------------------------------------- */

/* Appends the last segment of the path, encoded as a URI demands, and what follows. */
static int static_serve_print_target(edo_web *w, edo_buf *out) {
    edo_str query = edo_web_query_text(w);
    edo_buf last = { 0 };
    int err = edo_uri_decode(edoi_static_last_segment(sent_path(w)), &last);
    if (err == 0) err = edo_buf_append(out, "./", 2);
    if (err == 0) err = edo_uri_encode((edo_str){ last.ptr, last.len }, out);
    if (err == 0) err = edo_buf_append(out, "/", 1);
    if (err == 0) err = edoi_location_append_query(out, query);
    edo_buf_deinit(&last);
    return err;
}

/* Redirects to the last segment with a slash behind it, relative to the path that the client has
 * sent: that is right whatever prefix a router or a proxy has taken off. "./" keeps a colon in the
 * segment from being that of a scheme. */
static int redirect(edo_web *w) {
    edo_buf target = { 0 };
    int err = static_serve_print_target(w, &target);
    if (err == 0)
        err = edo_web_reply_redirect(w, EDO_STATUS_TEMPORARY_REDIRECT,
                                     (edo_str){ target.ptr, target.len });
    edo_buf_deinit(&target);
    return err;
}

/* ---- Opening --------------------------------------------------------------------------------- */

/* A file that is looked for. */
typedef struct wanted_file {
    const edoi_static_mount *m;
    const char *name;   /* of the plain file */
    const char *coding; /* of the file that was found; NULL: none */
    edo_static_file file;
} wanted_file;

static int open_name(wanted_file *f, const char *name) {
    f->file = (edo_static_file){ .modified_s = -1 };
    return f->m->backend.ops->open(f->m->backend.self, &f->file, name);
}

static void static_file_close(edo_static_file *file) {
    if (file->stream) edo_close(file->stream);
    if (file->source) edo_close(file->source);
    edo_bytes_unref(&file->bytes);
}

/* Returns the slot of a variant that was not found: it is not looked for again in that second and
 * the next, or each request for a file without variants would open four. A slot has the upper half
 * of a name's hash, and the second; of two names with one hash the second has no variant for that
 * time. Only variants of existing files are entered, so clients cannot fill the table. */
static edo_atomic_u64 *absent_slot(const edoi_static_mount *m, const char *name, uint64_t *mark) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325); // FNV-1a
    for (const char *c = name; *c; c++) hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    *mark = hash >> 32 << 32 | (uint32_t)(edo_now().ns / NS_PER_S + 1);
    return &m->absent[hash % EDOI_STATIC_ABSENT_N];
}

static int open_variant(wanted_file *f, const char *name) {
    uint64_t mark;
    edo_atomic_u64 *slot = absent_slot(f->m, name, &mark);
    uint64_t found = edoi_load_rlx_u64(slot); // relaxed: a hint, and one word
    if (found == mark || found == mark - 1) return -ENOENT;
    edo_static_file plain = f->file;
    int err = open_name(f, name);
    if (err < 0) {
        f->file = plain;
        if (err == -ENOENT) edoi_store_rlx_u64(slot, mark); // relaxed: a hint
        return err;
    }
    static_file_close(&plain);
    return 0;
}

/* Opens the plain file, and instead of it the best variant that exists. Without a plain file absent
 * variants are not entered, since a client may choose any name. */
static int open_best(edo_web *w, wanted_file *f) {
    const edoi_variant *variants[EDOI_VARIANTS_MAX];
    int plain = open_name(f, f->name), err;
    if ((plain < 0 && plain != -ENOENT) || !f->m->opts.precompressed) return plain;
    size_t n = edoi_variants_of(variants, &edo_web_request(w)->headers, plain == 0);
    for (size_t i = 0; i < n; i++) {
        const char *name = static_serve_join(w, edo_str_of(f->name), variants[i]->extension, "");
        err = !name ? -ENOMEM : plain == 0 ? open_variant(f, name) : open_name(f, name);
        if (err == 0) f->coding = edoi_coding_name(variants[i]->coding).ptr;
        if (err == 0) return 0;
        if (!is_missing(err)) {
            static_file_close(&f->file);
            return err;
        }
    }
    return plain;
}

/* Opens "about.html" if there is no "about". */
static int open_page(edo_web *w, wanted_file *f) {
    edo_str last = edoi_static_last_segment(edo_str_of(f->name));
    bool has_extension = memchr(last.ptr, '.', last.len) != NULL;
    if (f->m->opts.exact_names || f->m->file || has_extension) return -ENOENT;
    const char *name = static_serve_join(w, edo_str_of(f->name), ".html", "");
    if (!name) return -ENOMEM;
    f->name = name;
    return open_best(w, f);
}

static int static_serve(edo_web *w, const edoi_static_mount *m, const char *name, bool is_dir) {
    wanted_file f = { .m = m, .name = name };
    int err = open_best(w, &f);
    if (err == -EISDIR && !is_dir && !m->file) return redirect(w);
    if (err == -ENOENT && !is_dir) err = open_page(w, &f);
    if (is_missing(err) && m->opts.fallback) {
        f.name = m->opts.fallback;
        err = open_best(w, &f);
    }
    if (is_missing(err)) return static_serve_not_found(w, m);
    if (err < 0) return err;
    err = edoi_static_respond(w, m, &f.file, edo_str_of(f.name), f.coding);
    static_file_close(&f.file);
    return err;
}

int edoi_static_serve(edo_web *w) {
    const edoi_static_mount *m = edo_web_route_arg(w);
    if (m->file) return static_serve(w, m, m->file, false);
    edo_str path = edo_web_param(w, EDOI_STATIC_CAPTURE);
    bool is_plain = edoi_static_path_is_plain(path, m->opts.shows_hidden) &&
                    !edoi_static_path_hides_slash(edo_web_path(w));
    if (!is_plain) return static_serve_not_found(w, m);
    if (static_serve_ends_with_slash(path)) path.len--;
    bool is_root = path.len == 0 && edo_web_path(w).len <= 1; // a target may have no path
    bool is_dir = is_root || static_serve_ends_with_slash(sent_path(w));
    if (path.len == 0 && !is_dir) return redirect(w);
    if (is_dir && !*m->opts.index)
        return m->opts.fallback ? static_serve(w, m, m->opts.fallback, true)
                                : static_serve_not_found(w, m);
    const char *name =
        static_serve_join(w, path, is_dir && path.len > 0 ? "/" : "", is_dir ? m->opts.index : "");
    return name ? static_serve(w, m, name, is_dir) : -ENOMEM;
}
