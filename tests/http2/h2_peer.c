/* SPDX-License-Identifier: MIT */
/* tests/http2/h2_peer.c: see h2_peer.h. */
#include "h2_peer.h"

#define FIELDS_MAX 128

/* ---- What comes ------------------------------------------------------------------------------ */

static h2_answer *answer_of(h2_peer *p, int32_t id) {
    for (int i = 0; i < p->n; i++)
        if (p->answers[i].id == id) return &p->answers[i];
    return NULL;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_n, const uint8_t *value, size_t value_n, uint8_t flags,
                     void *arg) {
    h2_answer *a = answer_of(arg, frame->hd.stream_id);
    (void)session;
    if (!a) return 0;
    if (name_n == 7 && memcmp(name, ":status", 7) == 0) {
        a->status = (value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0');
        if (a->first == 0) a->first = a->status;
    }
    const char *mark = flags & NGHTTP2_NV_FLAG_NO_INDEX ? "never " : "";
    int n = snprintf(a->head + a->head_n, H2_HEAD_MAX - a->head_n, "%s%.*s: %.*s\n", mark,
                     (int)name_n, (const char *)name, (int)value_n, (const char *)value);
    a->head_n += (size_t)n < H2_HEAD_MAX - a->head_n ? (size_t)n : 0;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t n, void *arg) {
    h2_answer *a = answer_of(arg, id);
    (void)session, (void)flags;
    if (!a) return 0;
    for (size_t i = 0; i < n; i++) {
        if (a->body_n < H2_BODY_MAX - 1) a->body[a->body_n] = (char)bytes[i];
        a->sum += (a->body_n + 1) * bytes[i];
        a->body_n++;
    }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg) {
    h2_peer *p = arg;
    h2_answer *a = answer_of(p, frame->hd.stream_id);
    (void)session;
    bool is_of_answer = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (a && is_of_answer) a->frames++;
    if (a && is_of_answer && frame->hd.flags & NGHTTP2_FLAG_END_STREAM) a->ended = true;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        if (p->goaways++ == 0) {
            p->goaway_first = frame->goaway.last_stream_id;
            (void)snprintf(p->goaway_text, sizeof p->goaway_text, "%.*s",
                           (int)frame->goaway.opaque_data_len,
                           (const char *)frame->goaway.opaque_data);
        }
        p->goaway_last = frame->goaway.last_stream_id;
        p->goaway_error = frame->goaway.error_code;
    }
    if (frame->hd.type == NGHTTP2_PING && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) p->pings++;
    if (frame->hd.type == NGHTTP2_SETTINGS && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) p->settings++;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *arg) {
    h2_answer *a = answer_of(arg, id);
    (void)session;
    if (a) a->closed = true, a->error = error;
    return 0;
}

/* ---- What is sent ---------------------------------------------------------------------------- */

static ssize_t next_piece(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                          uint32_t *flags, nghttp2_data_source *source, void *arg) {
    h2_answer *a = answer_of(arg, id);
    (void)session, (void)source;
    if (a->up_n == 0 && a->up_holds) return NGHTTP2_ERR_DEFERRED;
    if (a->up_n < n) n = a->up_n;
    if (n > 0) memcpy(buf, a->up, n);
    a->up += n;
    a->up_n -= n;
    if (a->up_n == 0 && !a->up_holds) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

static void begin(h2_peer *p, edo_stream *stream, const nghttp2_settings_entry *settings, size_t n,
                  bool holds) {
    nghttp2_session_callbacks *c;
    nghttp2_option *o;
    memset(p, 0, sizeof *p);
    p->stream = stream;
    CHECK_EQ(nghttp2_session_callbacks_new(&c), 0);
    CHECK_EQ(nghttp2_option_new(&o), 0);
    nghttp2_option_set_no_auto_window_update(o, holds);
    nghttp2_session_callbacks_set_on_header_callback(c, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
    CHECK_EQ(nghttp2_session_client_new2(&p->session, c, p, o), 0);
    CHECK_EQ(nghttp2_submit_settings(p->session, 0, settings, n), 0);
    nghttp2_session_callbacks_del(c);
    nghttp2_option_del(o);
}

void h2_begin(h2_peer *p, edo_stream *stream, const nghttp2_settings_entry *settings, size_t n) {
    begin(p, stream, settings, n, false);
}

void h2_begin_holding(h2_peer *p, edo_stream *stream, const nghttp2_settings_entry *settings,
                      size_t n) {
    begin(p, stream, settings, n, true);
}

void h2_end(h2_peer *p) {
    nghttp2_session_del(p->session);
    edo_close(p->stream);
}

/* A list of fields out of "name: value\n…". */
typedef struct list {
    nghttp2_nv nv[FIELDS_MAX];
    size_t n;
} list;

static void put(list *l, const char *name, size_t name_n, const char *value, size_t value_n) {
    CHECK(l->n < FIELDS_MAX);
    l->nv[l->n++] =
        (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, name_n, value_n,
                      NGHTTP2_NV_FLAG_NO_COPY_NAME }; // a copy would be in lower case
}

static void put_lines(list *l, const char *fields) {
    while (fields && *fields) {
        const char *end = strchr(fields, '\n'), *colon = strstr(fields, ": ");
        CHECK(end && colon && colon < end);
        put(l, fields, (size_t)(colon - fields), colon + 2, (size_t)(end - colon - 2));
        fields = end + 1;
    }
}

static h2_answer *submit(h2_peer *p, const list *l, bool has_body) {
    const nghttp2_data_provider body = { .read_callback = next_piece };
    CHECK(p->n < H2_ANSWERS_MAX);
    h2_answer *a = &p->answers[p->n++];
    a->id = nghttp2_submit_request(p->session, NULL, l->nv, l->n, has_body ? &body : NULL, NULL);
    CHECK(a->id > 0);
    return a;
}

static void put_pseudo(list *l, const char *method, const char *path) {
    put(l, ":method", 7, method, strlen(method));
    put(l, ":scheme", 7, "http", 4);
    put(l, ":authority", 10, "x", 1);
    put(l, ":path", 5, path, strlen(path));
}

h2_answer *h2_ask(h2_peer *p, const char *method, const char *path, const char *fields) {
    list l = { .n = 0 };
    put_pseudo(&l, method, path);
    put_lines(&l, fields);
    return submit(p, &l, false);
}

h2_answer *h2_post(h2_peer *p, const char *path, const char *fields, const char *body, size_t n,
                   bool holds) {
    list l = { .n = 0 };
    put_pseudo(&l, "POST", path);
    put_lines(&l, fields);
    h2_answer *a = submit(p, &l, true);
    a->up = body;
    a->up_n = n;
    a->up_holds = holds;
    return a;
}

h2_answer *h2_ask_raw(h2_peer *p, const char *fields, bool ends) {
    list l = { .n = 0 };
    put_lines(&l, fields);
    h2_answer *a = submit(p, &l, !ends);
    a->up_holds = true;
    return a;
}

void h2_say(h2_peer *p, h2_answer *a, const char *body, size_t n, bool holds) {
    a->up = body;
    a->up_n = n;
    a->up_holds = holds;
    (void)nghttp2_session_resume_data(p->session, a->id);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

void h2_send(h2_peer *p) {
    const uint8_t *bytes;
    ssize_t n = 0;
    while (!p->is_raw && (n = nghttp2_session_mem_send(p->session, &bytes)) > 0)
        if (edo_write_all(p->stream, bytes, (size_t)n) < 0) p->is_deaf = true;
    CHECK_EQ(n, 0);
}

/* One byte of what the server sends. */
static void look_at(h2_peer *p, uint8_t byte) {
    uint8_t *f = p->frame;
    bool is_payload = p->frame_n >= 9;
    if (p->frame_n < sizeof p->frame) f[p->frame_n++] = byte;
    if (is_payload) p->skip--;
    if (p->frame_n == 9 && !is_payload) p->skip = (size_t)f[0] << 16 | (size_t)f[1] << 8 | f[2];
    if (p->frame_n < 9 || p->skip > 0) return;
    if (f[3] == NGHTTP2_GOAWAY) {
        p->goaways++;
        p->goaway_error = f[16];
    }
    if (f[3] == NGHTTP2_HEADERS) p->heads++;
    if (f[3] == NGHTTP2_PING && f[4] & NGHTTP2_FLAG_ACK) p->pongs++;
    if (f[3] == NGHTTP2_RST_STREAM) {
        p->resets++;
        p->reset_id = f[5] << 24 | f[6] << 16 | f[7] << 8 | f[8];
        p->reset_error = f[12];
    }
    if (f[3] == NGHTTP2_PING && !(f[4] & NGHTTP2_FLAG_ACK)) {
        p->pings++;
        if (p->acks) h2_raw(p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, f + 9, 8);
    }
    p->frame_n = 0;
}

static void look_through(h2_peer *p, const char *bytes, int n) {
    for (int i = 0; i < n; i++) look_at(p, (uint8_t)bytes[i]);
}

void h2_begin_raw(h2_peer *p) {
    h2_send(p);
    p->is_raw = true;
}

static bool feed(h2_peer *p, const char *bytes, int n) {
    if (n <= 0) p->is_over = true;
    if (n <= 0) return false;
    if (p->is_raw) {
        look_through(p, bytes, n);
        return true;
    }
    CHECK_EQ(nghttp2_session_mem_recv(p->session, (const uint8_t *)bytes, (size_t)n), n);
    return true;
}

bool h2_turn(h2_peer *p) {
    char bytes[16384];
    h2_send(p);
    if (p->is_over) return false;
    edo_deadline limit;
    edo_deadline_begin(&limit, clock_jumps() ? edo_s(86400) : edo_s(PATIENCE_S));
    int n = edo_deadline_end(&limit, edo_read(p->stream, bytes, sizeof bytes));
    CHECK(n != -ETIMEDOUT);
    return feed(p, bytes, n);
}

void h2_take(h2_peer *p) {
    char bytes[16384];
    int n;
    h2_send(p);
    while ((n = edo_try_read(p->stream, bytes, sizeof bytes)) != -EAGAIN && feed(p, bytes, n)) {
    }
    if (!p->is_over) h2_send(p);
}

void h2_await(h2_peer *p, h2_answer *a) {
    H2_UNTIL(p, a->ended || a->closed);
}

bool h2_has(const h2_answer *a, const char *line) {
    return strstr(a->head, line) != NULL;
}

void h2_settle(h2_peer *p) {
    int before = p->pongs;
    h2_raw(p, NGHTTP2_PING, 0, 0, "settled?", 8);
    while (p->pongs == before && h2_turn(p)) {
    }
}

void h2_raw(h2_peer *p, uint8_t type, uint8_t flags, int32_t id, const void *bytes, size_t n) {
    const uint8_t head[9] = {
        (uint8_t)(n >> 16),  (uint8_t)(n >> 8),   (uint8_t)n,         type,       flags,
        (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id
    };
    if (edo_write_all(p->stream, head, sizeof head) < 0 ||
        (n > 0 && edo_write_all(p->stream, bytes, n) < 0))
        p->is_deaf = true;
}
