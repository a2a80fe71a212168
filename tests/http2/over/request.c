/* SPDX-License-Identifier: MIT */
/* tests/http2/over/request.c: text of HTTP/1.1 becomes a request of HTTP/2. */
#include "over.h"

#include "web/ws/open/accept.h"

#include <ctype.h>
#include <strings.h>

#define FIELDS_MAX 400
#define UP_MAX     65536u /* of a body that the server does not take */

/* ---- Text ------------------------------------------------------------------------------------ */

static edo_str over_trim(const char *from, const char *to) {
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (from < to && (to[-1] == ' ' || to[-1] == '\t')) to--;
    return (edo_str){ from, (size_t)(to - from) };
}

static bool over_is(edo_str a, const char *b) {
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

/* Is the word in the list? */
static bool over_lists(edo_str list, edo_str word) {
    const char *at = list.ptr, *end = at + list.len;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        edo_str one = over_trim(at, comma ? comma : end);
        if (one.len == word.len && strncasecmp(one.ptr, word.ptr, one.len) == 0) return true;
        at = comma ? comma + 1 : end;
    }
    return false;
}

/* The end of the line that begins at `from`; NULL: it is not there. */
static char *over_line_end(const over *o, size_t from) {
    return memmem(o->in.ptr + from, o->in.len - from, "\r\n", 2);
}

/* ---- The head -------------------------------------------------------------------------------- */

typedef struct over_head {
    edo_str method, target, version;
    edo_str names[FIELDS_MAX], values[FIELDS_MAX];
    size_t n;
} over_head;

/* Finds a field; no pointer: there is none. */
static edo_str over_field(const over_head *h, const char *name) {
    for (size_t i = 0; i < h->n; i++)
        if (over_is(h->names[i], name)) return h->values[i];
    return (edo_str){ 0 };
}

static bool over_parse_line(over_head *h, char *line, char *end) {
    char *one = memchr(line, ' ', (size_t)(end - line));
    char *two = one ? memchr(one + 1, ' ', (size_t)(end - one - 1)) : NULL;
    if (!two) return false;
    h->method = (edo_str){ line, (size_t)(one - line) };
    h->target = (edo_str){ one + 1, (size_t)(two - one - 1) };
    h->version = (edo_str){ two + 1, (size_t)(end - two - 1) };
    return h->target.len > 0 &&
           (over_is(h->version, "HTTP/1.1") || over_is(h->version, "HTTP/1.0"));
}

/* Names become small where they lie. */
static bool over_parse_field(over_head *h, char *line, char *end) {
    char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon || colon == line || h->n == FIELDS_MAX) return false;
    for (char *c = line; c < colon; c++) *c = (char)tolower((unsigned char)*c);
    h->names[h->n] = (edo_str){ line, (size_t)(colon - line) };
    h->values[h->n++] = over_trim(colon + 1, end);
    return colon[-1] != ' ';
}

/* Returns the bytes of the head; 0: it is not there as a whole; -1: it is none. */
static int over_parse(over *o, over_head *h) {
    char *end = memmem(o->in.ptr, o->in.len, "\r\n\r\n", 4), *line = o->in.ptr;
    h->n = 0;
    if (!end) return 0;
    for (int i = 0; line < end + 2; i++) {
        char *stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        if (!(i == 0 ? over_parse_line(h, line, stop) : over_parse_field(h, line, stop))) return -1;
        line = stop + 2;
    }
    return (int)(end + 4 - o->in.ptr);
}

/* ---- The request ----------------------------------------------------------------------------- */

typedef struct over_list {
    nghttp2_nv nv[FIELDS_MAX + 8];
    size_t n;
} over_list;

static void over_put(over_list *l, edo_str name, edo_str value) {
    l->nv[l->n++] = (nghttp2_nv){ (uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr,
                                  name.len, value.len, NGHTTP2_NV_FLAG_NONE };
}

/* Takes the scheme and the authority off a target that has them. */
static edo_str over_split(edo_str *target, edo_str *scheme) {
    const char *end = target->ptr + target->len, *from = memmem(target->ptr, target->len, "://", 3);
    if (target->ptr[0] == '/' || !from) return (edo_str){ 0 };
    const char *to = from + 3;
    while (to < end && *to != '/' && *to != '?') to++;
    *scheme = (edo_str){ target->ptr, (size_t)(from - target->ptr) };
    *target = to < end ? (edo_str){ to, (size_t)(end - to) } : EDO_STR("/");
    return (edo_str){ from + 3, (size_t)(to - from - 3) };
}

static void over_put_pseudo(const over *o, over_list *l, const over_head *h) {
    edo_str path = h->target, scheme = EDO_STR("http"), host = over_field(h, "host");
    bool asks = o->protocol.len > 0, is_connect = over_is(h->method, "CONNECT");
    edo_str authority = is_connect ? h->target : over_split(&path, &scheme);
    if (authority.len == 0) authority = o->is_old && !host.ptr ? EDO_STR("old") : host;
    over_put(l, EDO_STR(":method"), asks ? EDO_STR("CONNECT") : h->method);
    if (asks) over_put(l, EDO_STR(":protocol"), (edo_str){ o->protocol.ptr, o->protocol.len });
    if (!is_connect) over_put(l, EDO_STR(":scheme"), scheme);
    if (!is_connect) over_put(l, EDO_STR(":path"), path);
    if (authority.len > 0) over_put(l, EDO_STR(":authority"), authority);
}

/* Is this a field of the connection? */
static bool over_is_left_out(const over_head *h, size_t i) {
    static const char *const names[] = { "connection",        "keep-alive", "proxy-connection",
                                         "transfer-encoding", "upgrade",    "sec-websocket-key" };
    edo_str connection = over_field(h, "connection"), name = h->names[i];
    for (size_t n = 0; n < EDO_COUNT(names); n++)
        if (over_is(name, names[n])) return true;
    if (over_is(name, "te")) return !over_is(h->values[i], "trailers");
    return connection.ptr && over_lists(connection, name);
}

static void over_put_fields(over_list *l, const over_head *h) {
    bool has_host = false;
    for (size_t i = 0; i < h->n; i++) {
        if (over_is(h->names[i], "host") && !has_host) { // it is :authority
            has_host = true;
            continue;
        }
        if (!over_is_left_out(h, i)) over_put(l, h->names[i], h->values[i]);
    }
}

static ssize_t over_next_piece(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                               uint32_t *flags, nghttp2_data_source *source, void *arg);

static void over_submit(over *o, const over_head *h, bool has_body) {
    static _Thread_local over_list l;
    const nghttp2_data_provider body = { .read_callback = over_next_piece };
    l.n = 0;
    over_put_pseudo(o, &l, h);
    over_put_fields(&l, h);
    o->id = nghttp2_submit_request(o->session, NULL, l.nv, l.n, has_body ? &body : NULL, NULL);
    CHECK(o->id > 0);
}

/* What the head says about the body; false: it contradicts itself. */
static bool over_frame(over *o, const over_head *h) {
    edo_str length = over_field(h, "content-length"), coding = over_field(h, "transfer-encoding");
    if (length.ptr && coding.ptr) return false;
    o->body_left = 0;
    o->takes = OVER_NOTHING;
    if (coding.ptr && !over_is(coding, "chunked")) return false;
    if (coding.ptr) o->takes = OVER_SIZE;
    if (!length.ptr) return true;
    for (size_t i = 0; i < length.len; i++) {
        if (!isdigit((unsigned char)length.ptr[i])) return false;
        o->body_left = o->body_left * 10 + (uint64_t)(length.ptr[i] - '0');
    }
    if (o->body_left > 0) o->takes = OVER_LENGTH;
    return true;
}

static void over_note(over *o, const over_head *h) {
    edo_str connection = over_field(h, "connection"), upgrade = over_field(h, "upgrade");
    edo_str key = over_field(h, "sec-websocket-key");
    o->is_head = over_is(h->method, "HEAD");
    o->is_old = over_is(h->version, "HTTP/1.0");
    o->keeps_old = o->is_old && connection.ptr && over_lists(connection, EDO_STR("keep-alive"));
    o->closes = (o->is_old && !o->keeps_old) ||
                (connection.ptr && over_lists(connection, EDO_STR("close")));
    o->protocol.len = 0;
    o->accept[0] = 0;
    if (o->is_old || !upgrade.ptr || !connection.ptr) return;
    if (!over_is(h->method, "GET") || !over_lists(connection, EDO_STR("upgrade"))) return;
    over_add(&o->protocol, upgrade.ptr, upgrade.len);
    for (size_t i = 0; i < upgrade.len; i++)
        o->protocol.ptr[i] = (char)tolower((unsigned char)upgrade.ptr[i]);
    if (key.ptr) edoi_ws_accept_of(o->accept, key);
    if (key.ptr) o->accept[EDOI_WS_ACCEPT_BYTES] = 0;
}

/* Begins a request. Returns false if its head is not there. */
static bool over_take_head(over *o) {
    static _Thread_local over_head h;
    if (o->in.len == 0) return false;
    while (o->in.len >= 2 && memcmp(o->in.ptr, "\r\n", 2) == 0) over_drop(&o->in, 2);
    int n = over_parse(o, &h);
    if (n == 0) return false;
    if (n > 0) over_note(o, &h);
    if (n < 0 || !over_frame(o, &h)) {
        over_refuse(o, 400);
        return false;
    }
    bool has_body = o->takes != OVER_NOTHING || o->protocol.len > 0;
    o->up_ended = !has_body;
    if (o->has_said_last)
        over_refuse(o, 0);
    else
        over_submit(o, &h, has_body || over_is(h.method, "CONNECT"));
    over_drop(&o->in, (size_t)n);
    return true;
}

/* ---- The body -------------------------------------------------------------------------------- */

static void over_submit_tail(over *o) {
    over_list l = { .n = 0 };
    const char *at = o->tail.ptr, *end = at + o->tail.len;
    while (at < end) {
        const char *stop = memmem(at, (size_t)(end - at), "\r\n", 2);
        const char *colon = memchr(at, ':', (size_t)(stop - at));
        over_put(&l, (edo_str){ at, (size_t)(colon - at) }, over_trim(colon + 1, stop));
        at = stop + 2;
    }
    CHECK_EQ(nghttp2_submit_trailer(o->session, o->id, l.nv, l.n), 0);
}

static ssize_t over_next_piece(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                               uint32_t *flags, nghttp2_data_source *source, void *arg) {
    over *o = arg;
    (void)session, (void)source;
    if (id != o->id) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    if (o->up.len == 0 && !o->up_ended) return NGHTTP2_ERR_DEFERRED;
    if (o->up.len < n) n = o->up.len;
    if (n > 0) memcpy(buf, o->up.ptr, n);
    over_drop(&o->up, n);
    if (o->up.len > 0 || !o->up_ended) return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (o->tail.len > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        over_submit_tail(o);
    }
    return (ssize_t)n;
}

static void over_up(over *o, const char *bytes, size_t n, bool ends) {
    if (o->id == 0) return; // the response has ended before
    if (n > 0) over_add(&o->up, bytes, n);
    o->up_ended |= ends;
    (void)nghttp2_session_resume_data(o->session, o->id);
}

/* Takes bytes of the body. Returns how many. */
static size_t over_take_body(over *o) {
    size_t n = o->in.len < o->body_left ? o->in.len : (size_t)o->body_left;
    bool is_last = o->takes == OVER_LENGTH && n == o->body_left;
    over_up(o, o->in.ptr, n, is_last);
    over_drop(&o->in, n);
    o->body_left -= n;
    if (is_last) o->takes = OVER_NOTHING;
    return n;
}

static bool over_take_size(over *o) {
    char *end = over_line_end(o, 0), *stop = o->in.ptr;
    if (!end) return false;
    bool is_number = isxdigit((unsigned char)*stop);
    errno = 0;
    o->body_left = is_number ? strtoull(o->in.ptr, &stop, 16) : 0;
    if (!is_number || errno != 0 || (stop != end && *stop != ';')) {
        over_refuse(o, 400);
        return false;
    }
    o->takes = o->body_left > 0 ? OVER_CHUNK : OVER_TRAILERS;
    over_drop(&o->in, (size_t)(end + 2 - o->in.ptr));
    return true;
}

static bool over_take_chunk(over *o) {
    if (o->body_left > 0) return over_take_body(o) > 0;
    if (o->in.len < 2) return false;
    over_drop(&o->in, 2);
    o->takes = OVER_SIZE;
    return true;
}

static bool over_take_trailer(over *o) {
    char *end = over_line_end(o, 0);
    if (!end) return false;
    size_t n = (size_t)(end + 2 - o->in.ptr);
    for (char *c = o->in.ptr; *c != ':' && c < end; c++) *c = (char)tolower((unsigned char)*c);
    if (n > 2) over_add(&o->tail, o->in.ptr, n);
    over_drop(&o->in, n);
    if (n > 2) return true;
    over_up(o, NULL, 0, true);
    o->takes = OVER_NOTHING;
    return true;
}

static bool over_take_tunnel(over *o) {
    size_t n = o->in.len;
    if (n > 0) over_up(o, o->in.ptr, n, false);
    over_drop(&o->in, n);
    if (n == 0 && o->in_ended && !o->up_ended) over_up(o, NULL, 0, true);
    return false;
}

/* Passes on the header of a proxy, as it is. */
static size_t over_proxy_header(const over *o) {
    const unsigned char *b = (const unsigned char *)o->in.ptr;
    if (o->in.len >= 6 && memcmp(b, "PROXY ", 6) == 0) {
        char *end = over_line_end(o, 0);
        return end ? (size_t)(end + 2 - o->in.ptr) : 0;
    }
    if (o->in.len < 16 || memcmp(b, "\r\n\r\n\0\r\nQUIT\n", 12) != 0) return 0;
    size_t n = 16 + ((size_t)b[14] << 8 | b[15]);
    return n <= o->in.len ? n : 0;
}

bool over_begin_with(over *o) {
    size_t n = over_proxy_header(o);
    if (n > 0 && edo_write_all(o->server, o->in.ptr, n) < 0) return false;
    over_drop(&o->in, n);
    o->has_begun = o->in.len > 0;
    return true;
}

/* Takes one thing more. Returns false if that has to wait. */
static bool over_take_one(over *o) {
    if (o->up.len > UP_MAX) return false;
    switch (o->takes) {
    case OVER_HEAD: return !o->is_over && over_take_head(o);
    case OVER_LENGTH: return over_take_body(o) > 0;
    case OVER_SIZE: return over_take_size(o);
    case OVER_CHUNK: return over_take_chunk(o);
    case OVER_TRAILERS: return over_take_trailer(o);
    case OVER_TUNNEL: return over_take_tunnel(o);
    case OVER_NOTHING:
    default: return false;
    }
}

bool over_take(over *o) {
    size_t before = o->in.len;
    while (!o->is_over && over_take_one(o)) {
    }
    return o->in.len < before;
}
