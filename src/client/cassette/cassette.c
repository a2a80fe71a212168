/* SPDX-License-Identifier: MIT */
/* client/cassette/cassette.c: exchanges of a client in a file, for tests.
 *
 * inv. 1: `used` is set for an exchange once, by the request that it is given to. */
#include "base/assert.h"
#include "base/opts.h"
#include "client/client.h"

#include <edo/fs.h>
#include <edo/json.h>
#include <edo/test_client.h>
#include <edo/uri.h>

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX (64u << 20) // bytes

/* ---- The file -------------------------------------------------------------------------------- */

typedef struct taped_field {
    edo_str name, value;
} taped_field;
EDO_DESCRIBE(taped_field, EDO_FIELD(taped_field, name), EDO_FIELD(taped_field, value))

/* One exchange. Bytes that are no text stand as base64. */
typedef struct taped {
    edo_str method, url, data, data_base64;
    int status;
    taped_field *headers;
    size_t headers_n;
    edo_str body, body_base64;
} taped;
EDO_DESCRIBE(taped, EDO_FIELD(taped, method), EDO_FIELD(taped, url),
             EDO_FIELD(taped, data, .optional = true),
             EDO_FIELD(taped, data_base64, .optional = true), EDO_FIELD(taped, status),
             EDO_FIELD_LIST_OF(taped, headers, headers_n, taped_field_desc, .map = true),
             EDO_FIELD(taped, body, .optional = true),
             EDO_FIELD(taped, body_base64, .optional = true))

typedef struct tape {
    taped *exchanges;
    size_t exchanges_n;
} tape;
EDO_DESCRIBE(tape, EDO_FIELD_LIST_OF(tape, exchanges, exchanges_n, taped_desc))

struct edo_test_cassette {
    pthread_mutex_t mu; /* a leaf */
    char *path;         /* const, owned */
    bool records;       /* const */
    uint64_t bytes_max; /* const */
    edo_arena memory;   /* lock: mu; of all texts */
    tape tape;          /* lock: mu; const but for what is recorded */
    size_t room_n;      /* lock: mu; capacity of the tape, in exchanges */
    bool *used;         /* lock: mu; inv. 1; of each exchange that was read */
    size_t left_n;      /* lock: mu; that are not used */
};

static int cassette_read(edo_test_cassette *c) {
    edo_bytes text;
    int err = edo_fs_read_to_string(&text, c->path);
    if (err < 0) return edo_fail(err, "no cassette: record it with EDO_TEST_RECORD=1");
    err = edo_json_decode_with(&c->tape, &tape_desc, text.str,
                               &(edo_json_opts){ .arena = &c->memory });
    edo_bytes_unref(&text);
    if (err < 0) return err;
    c->left_n = c->tape.exchanges_n;
    c->used = calloc(c->left_n + 1, sizeof *c->used);
    return c->used ? 0 : -ENOMEM;
}

int edo_test_cassette_save(edo_test_cassette *c) {
    edo_buf text = { 0 };
    if (!c->records) return 0;
    (void)pthread_mutex_lock(&c->mu);
    int err = edo_json_print(&text, &c->tape, &tape_desc, &(edo_json_writer_opts){ .indent = 2 });
    (void)pthread_mutex_unlock(&c->mu);
    if (err == 0) err = edo_buf_append(&text, "\n", 1);
    if (err == 0) err = edo_fs_write_all(c->path, text.ptr, text.len);
    edo_buf_deinit(&text);
    return edo_fail(err, "writing %s", c->path);
}

/* ---- What is said and compared --------------------------------------------------------------- */

/* What a request is known by. */
typedef struct cassette_key {
    edo_str method;
    edo_buf url; /* without user and password */
    edo_str data;
} cassette_key;

static int cassette_key_init(cassette_key *a, const edo_http_request *req) {
    edo_uri uri;
    bool has_name = req->method == EDO_METHOD_OTHER && req->method_name.len > 0;
    edo_method method = req->method == EDO_METHOD_OTHER ? EDO_METHOD_GET : req->method;
    *a = (cassette_key){ .method = has_name ? req->method_name : edo_method_name(method),
                         .data = req->body ? EDO_STR("") : req->data };
    int err = edo_uri_parse(&uri, req->url);
    return err < 0 ? err : edo_uri_print_public(&uri, &a->url);
}

static edo_str cassette_key_url(const cassette_key *a) {
    return (edo_str){ a->url.ptr, a->url.len };
}

/* Appends the bytes that are written as a text or as base64. */
static int taped_bytes(edo_buf *out, edo_str text, edo_str base64) {
    if (base64.len > 0) return edo_base64_decode(base64, EDO_BASE64_STRICT, out);
    return text.len > 0 ? edo_buf_append(out, text.ptr, text.len) : 0;
}

static bool taped_has_data(const taped *t, edo_str data) {
    edo_buf bytes = { 0 };
    bool has = taped_bytes(&bytes, t->data, t->data_base64) == 0 &&
               edo_str_equal((edo_str){ bytes.ptr, bytes.len }, data);
    edo_buf_deinit(&bytes);
    return has;
}

/* ---- Played ---------------------------------------------------------------------------------- */

/* Finds the first exchange of this request that was not used, and uses it; else NULL, and `*why`
 * says what is there instead. */
static const taped *cassette_take(edo_test_cassette *c, const cassette_key *a, const char **why) {
    *why = "nothing of that place";
    for (size_t i = 0; i < c->tape.exchanges_n; i++) {
        const taped *t = &c->tape.exchanges[i];
        if (!edo_str_equal(t->method, a->method) || !edo_str_equal(t->url, cassette_key_url(a)))
            continue;
        if (!taped_has_data(t, a->data)) {
            *why = "that with another body";
        } else if (c->used[i]) {
            *why = "no more of that";
        } else {
            EDO_INV("cassette inv. 1", c->left_n > 0);
            c->used[i] = true;
            c->left_n--;
            return t;
        }
    }
    return NULL;
}

static int taped_make_response(edo_http_response **out, const taped *t) {
    edo_buf body = { 0 };
    edo_http_response *res = NULL;
    int err = taped_bytes(&body, t->body, t->body_base64);
    if (err == 0)
        err = edo_http_response_make(&res, (edo_status)t->status, EDO_STR(""),
                                     (edo_str){ body.ptr, body.len });
    edo_buf_deinit(&body);
    for (size_t i = 0; i < t->headers_n && err == 0; i++)
        err = edo_headers_append_named(&res->headers, t->headers[i].name, t->headers[i].value);
    if (err < 0) {
        edo_http_response_free(res);
        return err;
    }
    *out = res;
    return 0;
}

static int cassette_play(edo_test_cassette *c, const cassette_key *a, edo_http_response **out) {
    const char *why;
    (void)pthread_mutex_lock(&c->mu);
    const taped *t = cassette_take(c, a, &why);
    (void)pthread_mutex_unlock(&c->mu);
    if (t) return taped_make_response(out, t);
    return edo_fail(-ENOENT,
                    "%.*s %.*s is not on the cassette %s, which has %s: record it with "
                    "EDO_TEST_RECORD=1",
                    (int)a->method.len, a->method.ptr, (int)a->url.len, a->url.ptr, c->path, why);
}

/* ---- Recorded -------------------------------------------------------------------------------- */

static edo_str cassette_copy(edo_test_cassette *c, edo_str text, int *err) {
    char *copy = edo_arena_copy(&c->memory, text.ptr ? text.ptr : "", text.len);
    if (!copy) *err = -ENOMEM;
    return (edo_str){ copy ? copy : "", copy ? text.len : 0 };
}

/* Copies bytes to `*text`, or to `*base64`. */
static void cassette_copy_bytes(edo_test_cassette *c, edo_str bytes, edo_str *text, edo_str *base64,
                                int *err) {
    edo_buf coded = { 0 };
    if (bytes.len == 0 || edo_str_is_utf8(bytes)) {
        *text = cassette_copy(c, bytes, err);
        return;
    }
    int coding = edo_base64_encode(bytes, &coded);
    if (coding < 0) *err = coding;
    *base64 = cassette_copy(c, (edo_str){ coded.ptr, coded.len }, err);
    edo_buf_deinit(&coded);
}

/* What is about one connection only, or would tell a secret. */
static bool is_left_out(const edo_header *f) {
    edo_header_id id = (edo_header_id)f->id;
    return (f->flags & EDO_HEADER_SENSITIVE) || id == EDO_HEADER_CONNECTION ||
           id == EDO_HEADER_TRANSFER_ENCODING || id == EDO_HEADER_CONTENT_LENGTH ||
           id == EDO_HEADER_DATE || id == EDO_HEADER_SET_COOKIE;
}

static void taped_set_headers(edo_test_cassette *c, taped *t, const edo_headers *h, int *err) {
    size_t n = edo_headers_count(h);
    t->headers = edo_arena_alloc(&c->memory, (n + 1) * sizeof *t->headers);
    if (!t->headers) *err = -ENOMEM;
    for (size_t i = 0; i < n && *err == 0; i++) {
        const edo_header *f = edo_headers_at(h, i);
        if (is_left_out(f)) continue;
        const taped_field copy = { cassette_copy(c, f->name, err),
                                   cassette_copy(c, f->value, err) };
        t->headers[t->headers_n++] = copy;
    }
}

static int cassette_grow(edo_test_cassette *c) {
    if (c->tape.exchanges_n < c->room_n) return 0;
    size_t n = c->room_n * 2 + 8;
    taped *more = realloc(c->tape.exchanges, n * sizeof *more);
    if (!more) return -ENOMEM;
    c->tape.exchanges = more;
    c->room_n = n;
    return 0;
}

static int cassette_add(edo_test_cassette *c, const cassette_key *a, const edo_http_response *res,
                        edo_str body) {
    taped t = { .status = (int)res->status };
    int err = cassette_grow(c);
    t.method = cassette_copy(c, a->method, &err);
    t.url = cassette_copy(c, cassette_key_url(a), &err);
    cassette_copy_bytes(c, a->data, &t.data, &t.data_base64, &err);
    cassette_copy_bytes(c, body, &t.body, &t.body_base64, &err);
    taped_set_headers(c, &t, &res->headers, &err);
    if (err == 0) c->tape.exchanges[c->tape.exchanges_n++] = t;
    return err;
}

/* Reads the whole body, and puts what was recorded in the place of the response: so a test sees
 * while it records what it will see later. */
static int cassette_record(edo_test_cassette *c, const cassette_key *a, edo_http_response **res) {
    edo_buf body = { 0 };
    edo_http_response *copy = NULL;
    int err = edo_http_response_collect(*res, &body, c->bytes_max);
    (void)pthread_mutex_lock(&c->mu);
    if (err == 0) err = cassette_add(c, a, *res, (edo_str){ body.ptr, body.len });
    if (err == 0) err = taped_make_response(&copy, &c->tape.exchanges[c->tape.exchanges_n - 1]);
    (void)pthread_mutex_unlock(&c->mu);
    edo_buf_deinit(&body);
    edo_http_response_free(*res);
    *res = copy;
    return err;
}

/* ---- The layer ------------------------------------------------------------------------------- */

static int cassette_call(void *arg, edo_next *next, void *request, void *response) {
    edo_test_cassette *c = arg;
    cassette_key a;
    int err = cassette_key_init(&a, request);
    if (err == 0)
        err = c->records ? edo_layer_next(next, request, response) : cassette_play(c, &a, response);
    if (err == 0 && c->records) err = cassette_record(c, &a, response);
    edo_buf_deinit(&a.url);
    return err;
}

edo_layer edo_test_cassette_layer(edo_test_cassette *c) {
    edo_layer layer = edo_layer_from_fn(cassette_call, c);
    layer.kind = EDOI_CLIENT_KIND;
    return layer;
}

size_t edo_test_cassette_left(edo_test_cassette *c) {
    (void)pthread_mutex_lock(&c->mu);
    size_t n = c->left_n;
    (void)pthread_mutex_unlock(&c->mu);
    return n;
}

/* ---- Its life -------------------------------------------------------------------------------- */

static bool is_recording_wanted(const edo_test_cassette_opts *o) {
    const char *text = getenv("EDO_TEST_RECORD");
    return o->records || (text && strcmp(text, "1") == 0);
}

int edo_test_cassette_new(edo_test_cassette **out, const char *path,
                          const edo_test_cassette_opts *opts) {
    static const edo_test_cassette_opts defaults = { 0 };
    const edo_test_cassette_opts *o = opts ? opts : &defaults;
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    edo_test_cassette *c = calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    c->records = is_recording_wanted(o);
    c->bytes_max = o->body_max > 0 ? o->body_max : BODY_MAX;
    (void)pthread_mutex_init(&c->mu, NULL); // this never fails without attributes
    c->path = strdup(path);
    int err = c->path ? 0 : -ENOMEM;
    if (err == 0 && !c->records) err = cassette_read(c);
    if (err < 0) {
        edo_test_cassette_free(c);
        return edo_fail(err, "%s", path);
    }
    *out = c;
    return 0;
}

void edo_test_cassette_free(edo_test_cassette *c) {
    if (!c) return;
    if (c->records) free(c->tape.exchanges);
    edo_arena_deinit(&c->memory);
    (void)pthread_mutex_destroy(&c->mu);
    free(c->used);
    free(c->path);
    free(c);
}
