/* SPDX-License-Identifier: MIT */
/* upload_progress.c: a page that uploads files and shows how far they are; the server streams them
 * to the disk.
 *
 *     upload_progress DIR [HOST:PORT]
 *     curl -F file=@photo.jpg http://127.0.0.1:8080/upload
 *
 * A file has its name once it is whole; an upload that is broken off leaves nothing. */
#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/multipart.h>
#include <edo/tmp.h>
#include <edo/web_static.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define UPLOAD_MAX (UINT64_C(4) << 30)
#define FILES_MAX  100 /* of one request */

static const char page[] =
    "<!doctype html><html lang=en><meta charset=utf-8><title>Upload</title>\n"
    "<link rel=stylesheet href=page.css><script src=page.js defer></script>\n"
    "<h1>Upload</h1><form><input type=file name=file multiple required> "
    "<button>Send</button></form>\n"
    "<progress max=1 value=0></progress><p role=status></p></html>\n";

/* Files of their own: what stands in a page is not run (edo_web_guards). */
static const char style[] =
    "body{font:1rem sans-serif;max-width:40rem;margin:3rem auto}progress{width:100%}\n";

static const char script[] =
    "const form = document.forms[0], bar = document.querySelector('progress');\n"
    "const say = text => document.querySelector('[role=status]').textContent = text;\n"
    "form.onsubmit = event => {\n"
    "    event.preventDefault();\n"
    "    const request = new XMLHttpRequest();\n"
    "    request.upload.onprogress = p => bar.value = p.loaded / p.total;\n"
    "    request.onload = () => say(request.responseText);\n"
    "    request.onerror = () => say('The connection was lost.');\n"
    "    request.open('POST', '/upload');\n"
    "    request.send(new FormData(form));\n"
    "};\n";

static const edo_asset assets[] = {
    { .name = "index.html", .bytes = { page, sizeof page - 1 } },
    { .name = "page.css", .bytes = { style, sizeof style - 1 } },
    { .name = "page.js", .bytes = { script, sizeof script - 1 } },
};

/* A name, not a path, and none that is hidden. */
static bool is_name(edo_str s) {
    return s.len > 0 && s.len < 200 && s.ptr[0] != '.' && !memchr(s.ptr, '/', s.len) &&
           !memchr(s.ptr, 0, s.len);
}

/* Streams one file into a temporary one, and gives that the name if no other file has it. */
static int save(edo_multipart *m, const edo_multipart_field *f, const char *dir, uint64_t *bytes) {
    edo_tmp *tmp;
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%.*s", dir, (int)f->filename.len, f->filename.ptr);
    int err = edo_tmp_open(&tmp, &(edo_tmp_opts){ .dir = dir, .prefix = "." });
    if (err < 0) return edo_fail(err, "a file in %s", dir);
    err = edo_multipart_copy(m, edo_tmp_stream(tmp), bytes);
    if (err == 0) err = edo_fs_hard_link(edo_tmp_path(tmp), path);
    int closed = edo_tmp_close(tmp); // its first name is removed
    return err < 0 ? err : closed;
}

static int upload(edo_web *w) {
    edo_multipart *m;
    edo_multipart_field f;
    uint64_t bytes = 0, all = 0;
    int got, files = 0;
    char text[100];
    int err = edo_web_multipart(&m, w, &(edo_multipart_opts){ .bytes_max = UPLOAD_MAX });
    if (err < 0) return err; // a response has been made
    while ((got = edo_multipart_next(m, &f)) > 0) {
        if (!f.filename.ptr) continue;
        if (files == FILES_MAX)
            return edo_web_reply_problem(w, EDO_STATUS_CONTENT_TOO_LARGE, "too many files");
        if (!is_name(f.filename))
            return edo_web_reply_problem(w, EDO_STATUS_UNPROCESSABLE_CONTENT, "a bad file name");
        got = save(m, &f, edo_web_state(w), &bytes);
        if (got == -EEXIST)
            return edo_web_reply_problem(w, EDO_STATUS_CONFLICT, "there is a file of that name");
        if (got < 0) return got;
        all += bytes;
        files++;
    }
    if (got < 0) return got;
    (void)snprintf(text, sizeof text, "%d files, %" PRIu64 " bytes\n", files, all);
    return edo_web_reply_text(w, EDO_STATUS_CREATED, text);
}

typedef struct args {
    char *dir;
    const char *address;
} args;

static int app(void *arg) {
    const args *a = arg;
    edo_router *r = edo_router_new();
    edo_serve_assets(r, "/", assets, EDO_COUNT(assets), NULL);
    edo_router_post(r, "/upload", upload);
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = a->address, .announce = true, .state = a->dir });
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: upload_progress DIR [HOST:PORT]\n");
        return 2;
    }
    args a = { argv[1], argc > 2 ? argv[2] : "127.0.0.1:8080" };
    return edo_main(app, &a);
}
