/* SPDX-License-Identifier: MIT */
/* download.c: downloads a file in parts, several at once; one that was interrupted goes on where it
 * was.
 *
 *     download URL FILE [--parts N] [--sha256 HEX]
 *
 * FILE.part gets the bytes, and FILE.part.json says which parts it has; FILE is there, or replaced,
 * once it is whole. Parts are of one version: they are asked for with the strong ETag of the first
 * response, and if the file has changed the download begins again. A server that knows no ranges,
 * or sends no such tag, sends all in one piece, which begins at the first byte each time. */
#include <edo/edo.h>
#include <edo/file.h>
#include <edo/file_lock.h>
#include <edo/fs.h>
#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/json.h>
#include <edo/retry.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef EDOI_HAVE_CRYPTO
#    include <openssl/evp.h>
#endif

#define PARTS_MAX  16u
#define PART_LEAST 65536u /* bytes that are worth a request */
#define PIECE      65536u
#define VERSIONS   3 /* that one run begins with */

/* Bytes of the file: those before `at` have come. */
typedef struct part {
    uint64_t begin, at, end;
} part;
EDO_DESCRIBE(part, EDO_FIELD(part, begin), EDO_FIELD(part, at), EDO_FIELD(part, end))

/* What FILE.part.json has. */
typedef struct state {
    char url[2048], tag[256]; // the tag as it was sent
    uint64_t size;
    part parts[PARTS_MAX];
    size_t parts_n;
} state;
EDO_DESCRIBE(state, EDO_FIELD(state, url), EDO_FIELD(state, tag), EDO_FIELD(state, size),
             EDO_FIELD_UPTO_OF(state, parts, parts_n, part_desc))

/* A task that fetches one part. */
typedef struct job {
    struct download *d;
    part *part;
    char piece[PIECE];
} job;

typedef struct download {
    const char *url, *path, *sha256; // no sum: NULL
    char part_path[4096], state_path[4096];
    unsigned parts_n;
    edo_http_client *client;
    edo_stream *file;
    edo_http_response *first;
    state now;
    uint64_t whole_n, resumed_n; // bytes: of a download in one piece; of runs before
    edo_instant begun;
    job jobs[PARTS_MAX];
} download;

/* ---- Requests -------------------------------------------------------------------------------- */

static int fail_status(const edo_http_response *res) {
    bool may_pass = res->status >= 500 || res->status == 408 || res->status == 429;
    return edo_fail(may_pass ? -EAGAIN : -EDO_ESTATUS, "status %u", (unsigned)res->status);
}

/* Other failures are those of connections, and of servers that have too much to do. */
static bool may_pass(void *arg, int err, edo_duration *pause) {
    (void)arg;
    (void)pause;
    return err != -ESTALE && err != -EDO_ESTATUS && err != -EPROTO && err != -EINVAL &&
           err != -ENOENT && err != -ENOSPC && err != -EDQUOT && err != -EFBIG && err != -ENOMEM &&
           err != -EDO_ECERT && err != -ENOTSUP;
}

static const edo_retry_opts patiently = { .attempts = 6,
                                          .backoff = { .pause_min = EDO_MS(100),
                                                       .pause_max = EDO_S(10) },
                                          .retry_if = may_pass };

/* Asks for a range, or all; of this version only, or any. */
static int ask(edo_http_response **out, const download *d, const edo_byte_range *range,
               const char *tag) {
    const edo_fetch_opts o = {
        .client = d->client, .range = range, .if_range = edo_str_of(tag), .any_status = true
    };
    return edo_fetch(out, edo_str_of(d->url), &o);
}

/* ---- What is there already ------------------------------------------------------------------- */

static uint64_t bytes_there(const state *s) {
    uint64_t n = 0;
    for (size_t i = 0; i < s->parts_n; i++) n += s->parts[i].at - s->parts[i].begin;
    return n;
}

/* Do the parts make up the file? The state comes from the disk. */
static bool is_sound(const state *s) {
    uint64_t end = 0;
    for (size_t i = 0; i < s->parts_n; i++) {
        const part *p = &s->parts[i];
        if (p->begin != end || p->at < p->begin || p->end < p->at) return false;
        end = p->end;
    }
    return end == s->size;
}

/* Goes on with the state on the disk, if that is of the same version. */
static bool resume(download *d) {
    edo_bytes text;
    state old = { 0 };
    struct stat st = { 0 };
    if (edo_fs_read_all(&text, d->state_path) < 0) return false;
    bool is_ours = edo_json_decode(&old, &state_desc, text.str) == 0 && is_sound(&old) &&
                   strcmp(old.url, d->now.url) == 0 && strcmp(old.tag, d->now.tag) == 0 &&
                   old.size == d->now.size && edo_file_stat(&st, d->file) == 0 &&
                   (uint64_t)st.st_size == old.size;
    edo_bytes_unref(&text);
    if (is_ours) d->now = old;
    return is_ours;
}

/* The offsets are taken before the sync: the bytes before them are on the disk when it is done. */
static int save_state(download *d) {
    state now = d->now;
    edo_buf text = { 0 };
    int err = edo_file_sync_data(d->file);
    if (err == 0) err = edo_json_encode(&text, &now, &state_desc);
    if (err == 0) err = edo_fs_replace(d->state_path, text.ptr, text.len);
    edo_buf_deinit(&text);
    return edo_fail(err, "%s", d->state_path);
}

/* The state is that of this version before a byte of it is written. */
static int begin_parts(download *d) {
    state *s = &d->now;
    uint64_t most = s->size / PART_LEAST + 1;
    s->parts_n = most < d->parts_n ? (size_t)most : d->parts_n;
    for (size_t i = 0; i < s->parts_n; i++) {
        uint64_t begin = s->size / s->parts_n * i;
        uint64_t end = i + 1 < s->parts_n ? s->size / s->parts_n * (i + 1) : s->size;
        s->parts[i] = (part){ begin, begin, end };
    }
    int err = edo_file_set_len(d->file, s->size);
    return err < 0 ? err : save_state(d);
}

static int keep_state(void *arg) {
    int err = 0;
    while (err == 0 && (err = edo_sleep(edo_s(1))) == 0) err = save_state(arg);
    return err;
}

/* ---- The bar --------------------------------------------------------------------------------- */

static void print_bar(const download *d) {
    const double mib = 1024.0 * 1024.0;
    double total = (double)d->now.size;
    double there = (double)(d->now.parts_n > 0 ? bytes_there(&d->now) : d->whole_n);
    double s = (double)edo_instant_since(edo_now(), d->begun).ns / 1e9;
    double rate = s > 0 ? (there - (double)d->resumed_n) / s : 0;
    (void)fprintf(stderr, "\r\033[K");
    if (total > 0) (void)fprintf(stderr, "%3.0f %%  ", 100 * there / total);
    (void)fprintf(stderr, "%.1f MiB  %.1f MiB/s", there / mib, rate / mib);
    if (total > 0 && rate > 0) (void)fprintf(stderr, "  %.0f s left", (total - there) / rate);
}

static int show_bar(void *arg) {
    while (edo_sleep(edo_ms(100)) == 0) print_bar(arg);
    (void)fprintf(stderr, "\r\033[K");
    return 0;
}

/* ---- In parts -------------------------------------------------------------------------------- */

static int write_piece(edo_stream *file, const char *bytes, size_t n, uint64_t *at) {
    while (n > 0) {
        int written = edo_file_write_at(file, bytes, n, *at);
        if (written < 0) return written;
        bytes += written;
        n -= (size_t)written;
        *at += (uint64_t)written;
    }
    return 0;
}

/* A part is the one that was asked for: the library has looked. */
static int check_part(const edo_http_response *res) {
    bool is_changed =
        res->status == EDO_STATUS_OK || res->status == EDO_STATUS_RANGE_NOT_SATISFIABLE;
    if (is_changed) return -ESTALE;
    return res->status == EDO_STATUS_PARTIAL_CONTENT ? 0 : fail_status(res);
}

static int fetch_rest(void *arg) {
    job *j = arg;
    part *p = j->part;
    edo_http_response *res;
    if (p->at == p->end) return 0;
    const edo_byte_range range = { p->at, p->end - 1 };
    int err = ask(&res, j->d, &range, j->d->now.tag);
    if (err < 0) return err;
    err = check_part(res);
    while (err == 0 && p->at < p->end) {
        size_t most = p->end - p->at < sizeof j->piece ? (size_t)(p->end - p->at) : sizeof j->piece;
        int n = edo_read(res->body, j->piece, most);
        err = n > 0 ? write_piece(j->d->file, j->piece, (size_t)n, &p->at) : n < 0 ? n : -EDO_EEOF;
    }
    edo_http_response_free(res);
    return err;
}

static int fetch_part(void *arg) {
    return edo_retry(fetch_rest, arg, &patiently);
}

static int fetch_parts(download *d) {
    EDO_SCOPE(parts, NULL);
    for (size_t i = 0; i < d->now.parts_n; i++) {
        d->jobs[i].d = d;
        d->jobs[i].part = &d->now.parts[i];
        (void)edo_scope_spawn(&parts, fetch_part, &d->jobs[i]);
    }
    return edo_scope_end(&parts, 0);
}

/* ---- In one piece ---------------------------------------------------------------------------- */

static int fetch_whole(void *arg) {
    download *d = arg;
    edo_http_response *res = d->first;
    d->first = NULL;
    int err = res ? 0 : ask(&res, d, NULL, "");
    if (err < 0) return err;
    d->now.size = res->length > 0 ? (uint64_t)res->length : 0;
    if (res->status != EDO_STATUS_OK) err = fail_status(res);
    if (err == 0) err = edo_file_set_len(d->file, 0);
    if (err == 0) err = edo_seek(d->file, 0, SEEK_SET, NULL);
    if (err == 0) err = edo_copy(d->file, res->body, &d->whole_n);
    edo_http_response_free(res);
    return err;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* The first response decides: a range of one byte tells the size and the version. */
static int ask_first(void *arg) {
    download *d = arg;
    const edo_byte_range one = { 0, 0 };
    int err = ask(&d->first, d, &one, "");
    if (err < 0 || d->first->status < 400) return err;
    // of an empty file there is no first byte
    if (d->first->status != EDO_STATUS_RANGE_NOT_SATISFIABLE) err = fail_status(d->first);
    edo_http_response_free(d->first);
    d->first = NULL;
    return err;
}

/* Takes size and version from the first response; false: it will be one piece. */
static bool has_parts(download *d) {
    edo_content_range got;
    edo_etag tag;
    const edo_http_response *res = d->first;
    if (!res || res->status != EDO_STATUS_PARTIAL_CONTENT) return false;
    edo_str range = edo_headers_get(&res->headers, EDO_HEADER_CONTENT_RANGE);
    edo_str text = edo_headers_get(&res->headers, EDO_HEADER_ETAG);
    if (edo_content_range_parse(&got, range) < 0 || !got.size.is_there) return false;
    if (edo_etag_parse(&tag, text) < 0 || tag.is_weak) return false;
    if (text.len >= sizeof d->now.tag || strlen(d->url) >= sizeof d->now.url) return false;
    d->now = (state){ .size = (uint64_t)got.size.n };
    memcpy(d->now.tag, text.ptr, text.len);
    memcpy(d->now.url, d->url, strlen(d->url));
    return true;
}

/* Fetches the version, while tasks beside it keep the state and show how far it is. */
static int fetch_and_show(download *d, bool in_parts) {
    EDO_SCOPE(beside, NULL);
    d->begun = edo_now();
    d->resumed_n = bytes_there(&d->now);
    if (in_parts) (void)edo_scope_spawn(&beside, keep_state, d);
    if (isatty(STDERR_FILENO)) (void)edo_scope_spawn(&beside, show_bar, d);
    int err = in_parts ? fetch_parts(d) : edo_retry(fetch_whole, d, &patiently);
    edo_scope_cancel(&beside);
    return edo_scope_end(&beside, err);
}

/* Returns -ESTALE if the file has changed meanwhile. */
static int fetch_version(download *d) {
    d->now = (state){ 0 };
    d->whole_n = d->resumed_n = 0;
    int err = edo_retry(ask_first, d, &patiently);
    if (err < 0) return err;
    bool in_parts = has_parts(d);
    if (d->first && d->first->status != EDO_STATUS_OK) {
        edo_http_response_free(d->first);
        d->first = NULL;
    }
    if (!in_parts)
        (void)edo_fs_remove_file(d->state_path);
    else if (!resume(d))
        err = begin_parts(d);
    if (err == 0) err = fetch_and_show(d, in_parts);
    if (in_parts && err < 0 && err != -ESTALE) {
        EDO_SHIELD(sh, edo_s(5)); // also when this task was cancelled
        (void)save_state(d);
    }
    return err;
}

static int fetch(download *d) {
    int err = -ESTALE;
    for (int i = 0; err == -ESTALE && i < VERSIONS; i++) {
        if (i > 0) (void)fputs("the file has changed: it is fetched again\n", stderr);
        edo_trail_clear();
        err = fetch_version(d);
    }
    return err;
}

/* ---- The sum --------------------------------------------------------------------------------- */

#ifdef EDOI_HAVE_CRYPTO
static const bool has_sums = true;

static int sum_file(download *d, EVP_MD_CTX *c, unsigned char sum[32]) {
    uint64_t at = 0;
    int n = EVP_DigestInit_ex(c, EVP_sha256(), NULL) == 1 ? 1 : -EIO;
    while (n > 0 && (n = edo_file_read_at(d->file, d->jobs[0].piece, PIECE, at)) > 0) {
        at += (uint64_t)n;
        if (EVP_DigestUpdate(c, d->jobs[0].piece, (size_t)n) != 1) n = -EIO;
    }
    if (n < 0) return n;
    return EVP_DigestFinal_ex(c, sum, NULL) == 1 ? 0 : -EIO;
}

static int check_sum(download *d) {
    unsigned char sum[32], wanted[sizeof sum];
    char hex[2 * sizeof sum + 1];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    int err = c ? sum_file(d, c, sum) : -ENOMEM;
    EVP_MD_CTX_free(c);
    if (err < 0) return err;
    err = edo_hex_decode(wanted, sizeof wanted, edo_str_of(d->sha256));
    if (err == 0 && memcmp(sum, wanted, sizeof sum) == 0) return 0;
    (void)edo_hex_encode(hex, (edo_str){ (const char *)sum, sizeof sum });
    // what is there is of no use to the next run
    (void)edo_fs_remove_file(d->state_path);
    (void)edo_fs_remove_file(d->part_path);
    return edo_fail(-EBADMSG, "its SHA-256 is %s", hex);
}
#else
static const bool has_sums = false;

static int check_sum(download *d) {
    (void)d;
    return -ENOTSUP;
}
#endif

/* ---- All ------------------------------------------------------------------------------------- */

static int open_part(download *d) {
    const edo_fs_open_opts both = { .read = true, .write = true, .create = true };
    int err = edo_fs_open(&d->file, d->part_path, &both);
    if (err < 0) return edo_fail(err, "%s", d->part_path);
    err = edo_file_try_lock(d->file, EDO_FILE_EXCLUSIVE);
    return edo_fail(err, "%s: a lock that no other download has", d->part_path);
}

static int finish(download *d) {
    int err = d->sha256 ? check_sum(d) : 0;
    if (err == 0) err = edo_file_sync(d->file);
    if (err == 0) err = edo_fs_rename(d->part_path, d->path);
    if (err < 0) return err;
    (void)edo_fs_remove_file(d->state_path); // of a download in one piece there is none
    edo_trail_clear();
    if (d->now.parts_n > 0)
        printf("%" PRIu64 " bytes in %zu parts, %" PRIu64 " of them from before\n", d->now.size,
               d->now.parts_n, d->resumed_n);
    else
        printf("%" PRIu64 " bytes in one piece\n", d->whole_n);
    return 0;
}

static int root(void *arg) {
    download *d = arg;
    const edo_http_client_opts opts = { .no_decode = true, // the bytes as they are
                                        .timeout = EDO_OFF,
                                        .read_timeout = edo_s(20) };
    int err = edo_http_client_new(&d->client, &opts);
    if (err == 0) err = open_part(d);
    if (err == 0) err = fetch(d);
    if (err == 0) err = finish(d);
    edo_http_response_free(d->first);
    edo_close(d->file);
    edo_http_client_unref(d->client);
    return edo_fail(err, "%s", d->path);
}

static bool read_options(download *d, int argc, char **argv) {
    for (int i = 3; i < argc; i += 2) {
        if (i + 1 == argc) return false;
        if (strcmp(argv[i], "--parts") == 0) {
            unsigned long n = strtoul(argv[i + 1], NULL, 10);
            if (n < 1 || n > PARTS_MAX) return false;
            d->parts_n = (unsigned)n;
        } else if (strcmp(argv[i], "--sha256") == 0 && strlen(argv[i + 1]) == 64) {
            d->sha256 = argv[i + 1];
        } else {
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv) {
    static download d = { .parts_n = 4 }; // a megabyte
    if (argc < 3 || !read_options(&d, argc, argv)) {
        (void)fprintf(stderr, "usage: download URL FILE [--parts N] [--sha256 HEX]; N is 1 to %u\n",
                      PARTS_MAX);
        return 2;
    }
    if (d.sha256 && !has_sums) {
        (void)fputs("download: --sha256 needs a build with libcrypto\n", stderr);
        return 2;
    }
    d.url = argv[1];
    d.path = argv[2];
    (void)snprintf(d.part_path, sizeof d.part_path, "%s.part", d.path);
    (void)snprintf(d.state_path, sizeof d.state_path, "%s.part.json", d.path);
    return edo_main_with(root, &d, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
