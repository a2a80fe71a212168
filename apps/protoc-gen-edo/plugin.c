/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/plugin.c: makes headers with structs and descriptions from .proto files, as a
 * plugin of protoc:
 *
 *     protoc --edo_out=. hello.proto
 *
 * --edo_opt=no_comments leaves out the comments of the .proto, --edo_opt=no_services what a service
 * is made into, for programs that use its messages only. With --edo_opt=times members of
 * google.protobuf.Timestamp and Duration are edo_wall and edo_duration.
 *
 * protoc writes a request to standard input, and reads the response from standard output. */
#include "header.h"
#include "types.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_BYTES 65536u
#define TIMES_MAX   4096u /* the request is a friend's */

static int read_all(edo_buf *in) {
    for (;;) {
        int err = edo_buf_reserve(in, PIECE_BYTES);
        if (err < 0) return err;
        ssize_t n = read(STDIN_FILENO, in->ptr + in->len, PIECE_BYTES);
        if (n < 0) return -errno;
        if (n == 0) return 0;
        in->len += (size_t)n;
    }
}

static int write_all(const edo_buf *out) {
    for (size_t at = 0; at < out->len;) {
        ssize_t n = write(STDOUT_FILENO, out->ptr + at, out->len - at);
        if (n < 0) return -errno;
        at += (size_t)n;
    }
    return 0;
}

static int main_take_option(gen *g, edo_str option) {
    if (edo_str_equal(option, EDO_STR("no_comments")))
        g->has_no_comments = true;
    else if (edo_str_equal(option, EDO_STR("no_services")))
        g->has_no_services = true;
    else if (edo_str_equal(option, EDO_STR("number_clashes")))
        g->numbers_clashes = true;
    else if (edo_str_equal(option, EDO_STR("times")))
        g->has_times = true;
    else if (option.len > 0)
        return edo_fail(
            -EINVAL,
            "the option %.*s: only no_comments, no_services, number_clashes and times are known",
            GEN_STR(option));
    return 0;
}

/* protoc puts commas between options. */
static int main_take_options(gen *g, edo_str all) {
    while (all.len > 0) {
        const char *comma = (const char *)memchr(all.ptr, ',', all.len);
        size_t n = comma ? (size_t)(comma - all.ptr) : all.len;
        int err = main_take_option(g, (edo_str){ all.ptr, n });
        if (err < 0) return err;
        n += comma != NULL;
        all = (edo_str){ all.ptr + n, all.len - n };
    }
    return 0;
}

static int main_say(const gen_response *response) {
    edo_buf out = { 0 };
    int err = edo_protobuf_encode(&out, response, &gen_response_desc);
    if (err == 0) err = write_all(&out);
    edo_buf_deinit(&out);
    return err;
}

/* Reads what was left unread of a file: its comments and lines, in memory of their own. */
static int main_read_rest(file_proto *f, edo_arena *arena) {
    const edo_protobuf_opts opts = { .borrows = true, .times_max = TIMES_MAX };
    gen_unread rest;
    int err = edo_protobuf_decode_with(&rest, &gen_unread_desc, f->unknown, arena, &opts);
    if (err < 0 || rest.source_code_info.str.len == 0) return err;
    f->unknown = rest.unknown;
    f->source_code_info =
        (google_protobuf_source_code_info *)edo_arena_alloc(arena, sizeof *f->source_code_info);
    if (!f->source_code_info) return -ENOMEM;
    return edo_protobuf_decode_with(f->source_code_info, &google_protobuf_source_code_info_desc,
                                    rest.source_code_info.str, arena, &opts);
}

static int main_put_header(gen *g, uint32_t file) {
    file_proto *f = &g->request->proto_file[file], as_read = *f;
    edo_arena arena = { .chunk_bytes = PIECE_BYTES };
    int err = main_read_rest(f, &arena);
    if (err == 0) gen_put_header(g, file);
    *f = as_read;
    edo_arena_deinit(&arena);
    return err < 0 ? err : g->err;
}

/* Makes the header of one file, and says it if it was asked for. */
static void make_file(gen *g, uint32_t file) {
    const edo_str name = g->request->proto_file[file].name;
    g->is_asked_for = gen_is_asked_for(g, name);
    int failed = main_put_header(g, file);
    if (failed < 0) (void)gen_fails(g, failed);
    if (!g->is_asked_for || g->err < 0) return;
    gen_file made = { .name = gen_header_name(g, name), .content = { g->out.ptr, g->out.len } };
    int err = main_say(&(gen_response){ .file = &made, .file_n = 1 });
    if (err < 0) (void)gen_fails(g, err);
}

/* Constants of enums and oneofs get their names when a header is made, so all are made, in order:
 * names do not depend on which of them are asked for. */
static int make_files(gen *g) {
    const gen_request *r = g->request;
    int err = main_take_options(g, r->parameter);
    if (err < 0) return err;
    g->file_names = (edo_str *)gen_alloc(g, (r->proto_file_n + 1) * sizeof *g->file_names);
    gen_types_find(g);
    for (uint32_t i = 0; i < r->proto_file_n && g->err == 0; i++) make_file(g, i);
    return g->err;
}

/* From the request to the response, which protoc prints if it has an error. The response is
 * written in pieces, each a whole message, so that memory holds one header at a time. */
static int main_respond(edo_str text, edo_arena *arena) {
    static char why[EDO_TRAIL_TEXT_MAX + 64];
    gen_request request;
    gen_response end = { .supported_features = GEN_FEATURE_PROTO3_OPTIONAL };
    const edo_protobuf_opts opts = { .borrows = true, .times_max = TIMES_MAX };
    gen g = { .arena = arena, .request = &request };
    int err = edo_protobuf_decode_with(&request, &gen_request_desc, text, arena, &opts);
    if (err == 0) err = make_files(&g);
    if (err < 0) {
        const edo_trail_entry *told = edo_trail_find(err);
        (void)snprintf(why, sizeof why, "%s: %s", told ? told->text : "failed", edo_strerror(err));
        end = (gen_response){ .error = edo_str_of(why) };
    }
    edo_buf_deinit(&g.out);
    return main_say(&end);
}

int main(int argc, char **argv) {
    (void)argv;
    edo_arena arena = { .chunk_bytes = PIECE_BYTES };
    edo_buf in = { 0 };
    if (argc > 1) {
        (void)fputs("usage: protoc --edo_out=DIR FILE.proto..., with protoc-gen-edo in PATH\n",
                    stderr);
        return 2;
    }
    int err = read_all(&in);
    if (err == 0) err = main_respond((edo_str){ in.len > 0 ? in.ptr : "", in.len }, &arena);
    if (err < 0) (void)fprintf(stderr, "protoc-gen-edo: %s\n", edo_strerror(err));
    edo_buf_deinit(&in);
    edo_arena_deinit(&arena);
    return err < 0;
}
