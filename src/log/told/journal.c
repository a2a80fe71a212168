/* SPDX-License-Identifier: MIT */
/* log/told/journal.c: edo_log_add_journal(): systemd's native journal protocol: a datagram for each
 * event, of "NAME=value\n", or of "NAME\n", a length of 8 bytes, and a value that has a line end. */
#include "base/memory/alloc.h"
#include "log/line.h"
#include "log/out/output.h"
#include "log/scratch.h"
#include "log/span/text.h"

#include <edo/receiver.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define JOURNAL_PATH "/run/systemd/journal/socket"
#define NAME_MAX_N   64u /* of a field, which systemd bounds, too */

typedef struct journal {
    int fd;
} journal;

/* ---- A datagram, built in the place of a line ------------------------------------------------ */

static void journal_put(edoi_log_line *line, edo_str name, edo_str value) {
    size_t before = line->n;
    edoi_line_put_bytes(line, name.ptr, name.len);
    if (value.len == 0 || !memchr(value.ptr, '\n', value.len)) {
        edoi_line_put(line, "=");
    } else {
        unsigned char length[8];
        for (int i = 0; i < 8; i++) length[i] = (unsigned char)((uint64_t)value.len >> (8 * i));
        edoi_line_put(line, "\n");
        edoi_line_put_bytes(line, (const char *)length, sizeof length);
    }
    if (value.len > 0) edoi_line_put_bytes(line, value.ptr, value.len);
    edoi_line_put(line, "\n");
    if (line->is_full) line->n = before; // the field is left out
    line->is_full = false;
}

static void journal_put_text(edoi_log_line *line, const char *name, const char *value) {
    if (value) journal_put(line, edo_str_of(name), edo_str_of(value));
}

static void journal_put_number(edoi_log_line *line, const char *name, unsigned number) {
    char text[16];
    (void)snprintf(text, sizeof text, "%u", number);
    journal_put_text(line, name, text);
}

/* "EDO_" and the key in upper case; what a name may not have is an underscore. */
static edo_str journal_name(char to[NAME_MAX_N], const char *key) {
    size_t n = 4;
    memcpy(to, "EDO_", n);
    for (; *key && n < NAME_MAX_N; key++) {
        char c = *key;
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        bool is_plain = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        to[n++] = is_plain ? c : '_';
    }
    return (edo_str){ to, n };
}

static int journal_put_field(void *arg, const edo_kv *kv) {
    char name[NAME_MAX_N], text[EDOI_FIELD_TEXT_MAX];
    edo_str value = { text, 0 };
    if ((kv->kind == EDO_KV_TEXT || kv->kind == EDO_KV_JSON) && kv->value.text) {
        value = (edo_str){ kv->value.text, kv->text_n };
    } else {
        value.len = edoi_field_text(text, kv);
    }
    journal_put(arg, journal_name(name, kv->key), value);
    return 0;
}

static int journal_put_span_field(void *arg, const edo_kv *kv) {
    return edoi_span_field_is_shown(kv) ? journal_put_field(arg, kv) : 0;
}

static void journal_build(edoi_log_line *line, const edo_event *e) {
    static const unsigned char priorities[] = { 6, 3, 4, 6, 7, 7 }; // of syslog(3), by level
    line->n = 0;
    line->limit = sizeof line->bytes;
    line->is_cut = line->is_full = false;
    journal_put(line, EDO_STR("MESSAGE"), e->message);
    journal_put_number(line, "PRIORITY", priorities[e->site->level]);
    journal_put_text(line, "CODE_FILE", e->site->file);
    journal_put_number(line, "CODE_LINE", e->site->line);
    journal_put_text(line, "CODE_FUNC", e->site->function);
    journal_put(line, EDO_STR("EDO_TARGET"), e->target);
    journal_put_text(line, "EDO_TASK", e->task);
    journal_put_text(line, "EDO_SPAN", edo_span_name(e->span));
    for (size_t i = 0; i < e->fields_n; i++) (void)journal_put_field(line, &e->fields[i]);
    for (const edo_span *s = e->span; s; s = edo_span_parent(s))
        (void)edo_span_each_field(s, journal_put_span_field, line);
}

/* ---- The receiver ---------------------------------------------------------------------------- */

static void journal_event(void *arg, const edo_event *e) {
    const journal *j = arg;
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    ssize_t n = -1;
    if (scratch) {
        journal_build(&scratch->line, e);
        n = send(j->fd, scratch->line.bytes, scratch->line.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        edoi_log_scratch_give(scratch);
    }
    if (n < 0) edoi_log_outputs_count(1);
}

static void journal_drop(void *arg) {
    journal *j = arg;
    if (j->fd >= 0) (void)close(j->fd);
    edoi_free(j);
}

static int journal_connect(const char *path) {
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof addr.sun_path) return -ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0) return fd;
    int err = -errno;
    (void)close(fd);
    return err;
}

int edo_log_add_journal(edo_receiver **out, const char *path, const edo_receiver_opts *opts) {
    static const edo_receiver_ops ops = { .event = journal_event, .drop = journal_drop };
    edo_receiver_opts own = opts ? *opts : (edo_receiver_opts){ .name = NULL };
    journal *j = edoi_alloc(sizeof *j);
    if (!j) return -ENOMEM;
    if (!own.name) own.name = "journal";
    j->fd = journal_connect(path ? path : JOURNAL_PATH);
    int err = j->fd < 0 ? j->fd : edo_log_add(out, &ops, j, &own);
    if (err < 0) journal_drop(j);
    return err;
}
