/* SPDX-License-Identifier: MIT */
/* edo-grpcurl: calls services of gRPC, and describes them, as grpcurl does; see options.c. */
#include "call.h"
#include "describe.h"
#include "json.h"

#include <edo/error.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/str.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX (256u << 20) /* for what a server says of itself: it may go on for ever */

/* Metadata as calls have them. */
typedef struct entries {
    edo_grpc_entry all[2 * LIST_MAX];
    size_t n;
} entries;

/* ---- Metadata -------------------------------------------------------------------------------- */

/* "name: value"; of a name that ends with "-bin" the value is base64. */
static int entry_add(entries *self, const char *line, edo_arena *arena) {
    edo_str value = edo_str_of(line), name = edo_str_cut(&value, ':');
    char *key = edo_arena_copy(arena, name.ptr, name.len);
    edo_buf bytes = { 0 };
    if (!key) return -ENOMEM;
    name = edo_str_lower(key, name);
    edo_grpc_entry *e = &self->all[self->n++];
    *e = (edo_grpc_entry){ key, edo_str_trim(value) };
    if (!edo_str_ends(name, EDO_STR("-bin"))) return 0;
    int err = edo_base64_decode(e->value, EDO_BASE64_LAX, &bytes);
    if (err == 0)
        e->value =
            (edo_str){ edo_arena_copy(arena, bytes.ptr ? bytes.ptr : "", bytes.len), bytes.len };
    edo_buf_deinit(&bytes);
    return edo_fail(err, "-H: %s is not base64", key);
}

static int entries_add(entries *self, const list *lines, edo_arena *arena) {
    int err = 0;
    for (size_t i = 0; i < lines->n && err == 0; i++) err = entry_add(self, lines->items[i], arena);
    return err;
}

/* ---- The channel ----------------------------------------------------------------------------- */

/* Waits for a connection; why there is none says a call that ends at once. */
static int channel_wait(edo_grpc_channel *ch, const options *o) {
    EDO_DEADLINE(d, o->connect_timeout);
    int state = edo_grpc_channel_connect(ch);
    while (state >= 0 && state != EDO_GRPC_READY && state != EDO_GRPC_TRANSIENT_FAILURE)
        state = edo_grpc_channel_wait_state(ch, (edo_grpc_channel_state)state);
    state = edo_deadline_end(&d, state);
    if (state == EDO_GRPC_TRANSIENT_FAILURE) {
        edo_grpc_call *call = NULL;
        state = edo_grpc_stream(ch, &call, "/", NULL);
        if (state == 0) state = edo_grpc_recv_metadata(call);
        edo_grpc_call_free(call);
    }
    return state < 0 ? edo_fail(state, "no connection to %s", o->address) : 0;
}

/* Also after a failure there may be one. */
static int channel_open(edo_grpc_channel **out, const options *o) {
    struct edo_tls_client *tls = NULL;
    edo_buf target = { 0 };
    int err = options_tls(&tls, o);
    if (err < 0) return err;
    const edo_grpc_channel_opts opts = { .tls = tls,
                                         .tls_name = tls ? o->server_name : NULL,
                                         .authority = o->authority,
                                         .user_agent = o->user_agent,
                                         .connect_timeout = o->connect_timeout,
                                         .accept_codings = UINT32_MAX };
    err = edo_buf_printf(&target, "%s%s", o->is_unix ? "unix:" : "", o->address);
    if (err == 0)
        err = edo_fail(edo_grpc_channel_new(out, edo_buf_str(&target), &opts), "%s: no address",
                       o->address);
    edo_buf_deinit(&target);
    options_tls_end(tls);
    if (err < 0) return err;
    return channel_wait(*out, o);
}

/* ---- list and describe ----------------------------------------------------------------------- */

/* A name a line, behind `before`. */
static void list_print(const edo_str *names, size_t n, const char *before) {
    for (size_t i = 0; i < n; i++) {
        (void)printf("%s", before);
        json_put_plain(stdout, names[i]);
        (void)putchar('\n');
    }
}

static int list_services(source *s) {
    edo_str *names;
    size_t n;
    int err = source_list(s, &names, &n);
    if (err < 0) return err;
    if (n == 0) (void)puts("(No services)");
    list_print(names, n, "");
    return 0;
}

/* What is there of a name, seen to first. */
static int find_symbol(symbol *out, source *s, edo_str name) {
    if (name.len > 0 && name.ptr[0] == '.') name.ptr++, name.len--;
    int err = source_need(s, name);
    if (err < 0) return err;
    if (symbol_find(out, s->schema, name)) return 0;
    return edo_fail(-ENOENT, "there is no %.*s", (int)name.len, name.ptr);
}

static int list_of_methods(source *s, const char *service) {
    symbol found;
    int err = find_symbol(&found, s, edo_str_of(service));
    if (err == 0 && found.kind != SYMBOL_SERVICE)
        err = edo_fail(-EINVAL, "%s is %s, not a service", service, symbol_kind_name(found.kind));
    if (err < 0) return err;
    const size_t n = found.service->method_n;
    edo_str *names = edo_arena_alloc(s->arena, (n + 1) * sizeof *names);
    edo_str before = edo_arena_print(s->arena, "%s.", service);
    if (!names || !before.ptr) return -ENOMEM;
    for (size_t i = 0; i < n; i++) names[i] = found.service->method[i].name;
    source_sort(names, n);
    if (n == 0) (void)puts("(No methods)");
    list_print(names, n, before.ptr);
    return 0;
}

static int describe(source *s, edo_str name) {
    symbol found;
    edo_buf text = { 0 };
    int err = find_symbol(&found, s, name);
    if (err == 0) err = describe_symbol(&text, &found);
    if (err == 0) {
        json_put_plain(stdout, name);
        (void)printf(" is %s:\n", symbol_kind_name(found.kind));
        json_put_plain(stdout, edo_buf_str(&text));
    }
    edo_buf_deinit(&text);
    return err;
}

static int describe_services(source *s) {
    edo_str *names;
    size_t n;
    int err = source_list(s, &names, &n);
    for (size_t i = 0; i < n && err == 0; i++) err = describe(s, names[i]);
    return err;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static int grpcurl_act(source *s, const options *o, edo_grpc_channel *ch,
                       const edo_grpc_call_opts *opts) {
    switch (o->verb) {
    case VERB_LIST: return o->symbol ? list_of_methods(s, o->symbol) : list_services(s);
    case VERB_DESCRIBE:
        return o->symbol ? describe(s, edo_str_of(o->symbol)) : describe_services(s);
    case VERB_CALL: break;
    }
    return call_method(s, o, ch, opts);
}

/* All that needs no more than a channel, which may be NULL. */
static int grpcurl_run(const options *o, edo_grpc_channel *ch, edo_arena *arena) {
    static entries of_call, of_reflection;
    source s;
    int err = entries_add(&of_call, &o->headers, arena);
    if (err == 0) err = entries_add(&of_call, &o->rpc_headers, arena);
    if (err == 0) err = entries_add(&of_reflection, &o->headers, arena);
    if (err == 0) err = entries_add(&of_reflection, &o->reflect_headers, arena);
    if (err < 0) return err;
    const edo_grpc_call_opts call = { .metadata = of_call.all,
                                      .metadata_n = of_call.n,
                                      .recv_max = o->message_max };
    const edo_grpc_call_opts reflect = { .metadata = of_reflection.all,
                                         .metadata_n = of_reflection.n };
    err = source_init(&s, o, ch, &reflect, arena);
    if (err == 0) err = grpcurl_act(&s, o, ch, &call);
    source_deinit(&s);
    return err;
}

/* list and describe of files need no server. */
static bool needs_channel(const options *o) {
    return o->verb == VERB_CALL || !options_have_files(o);
}

static int grpcurl_main(void *arg) {
    const options *o = arg;
    edo_arena arena = { .bytes_max = MEMORY_MAX };
    edo_grpc_channel *ch = NULL;
    EDO_DEADLINE(d, o->max_time.ns > 0 ? o->max_time : edo_ns(EDO_FOREVER_NS));
    int err = needs_channel(o) ? channel_open(&ch, o) : 0;
    if (err == 0) err = grpcurl_run(o, ch, &arena);
    err = edo_deadline_end(&d, err);
    edo_grpc_channel_unref(ch);
    edo_arena_deinit(&arena);
    return err;
}

int main(int argc, char **argv) {
    options o;
    int err = options_read(&o, argc, argv);
    if (err != 0) return err > 0 ? 0 : 2;
    return edo_main_with(grpcurl_main, &o, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
