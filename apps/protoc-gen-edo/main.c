/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo: makes headers with structs and descriptions from .proto files, as a plugin of
 * protoc:
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

/* Makes the header of one file, and adds it to the response if it was asked for. */
static void make_file(gen *g, gen_response *response, uint32_t file) {
    const edo_str name = g->request->proto_file[file].name;
    g->is_asked_for = gen_is_asked_for(g, name);
    gen_put_header(g, file);
    if (!g->is_asked_for || g->err < 0) return;
    char *text = (char *)gen_alloc(g, g->out.len + 1);
    if (!text) return;
    if (g->out.len > 0) memcpy(text, g->out.ptr, g->out.len);
    response->file[response->file_n++] =
        (gen_file){ .name = gen_header_name(g, name), .content = { text, g->out.len } };
}

/* Constants of enums and oneofs get their names when a header is made, so all are made, in order:
 * names do not depend on which of them are asked for. */
static int make_files(gen *g, gen_response *response) {
    const gen_request *r = g->request;
    response->file = (gen_file *)gen_alloc(g, (r->proto_file_n + 1) * sizeof *response->file);
    if (!response->file) return g->err;
    int err = main_take_options(g, r->parameter);
    if (err < 0) return err;
    gen_types_find(g);
    for (uint32_t i = 0; i < r->proto_file_n && g->err == 0; i++) make_file(g, response, i);
    return g->err;
}

/* From the request to the response, which protoc prints if it has an error. */
static int main_make_response(edo_buf *out, edo_str text, edo_arena *arena) {
    static char why[EDO_TRAIL_TEXT_MAX + 64];
    gen_request request;
    gen_response response = { .supported_features = GEN_FEATURE_PROTO3_OPTIONAL };
    const edo_protobuf_opts opts = { .borrows = true, .times_max = TIMES_MAX };
    gen g = { .arena = arena, .request = &request };
    int err = edo_protobuf_decode_with(&request, &gen_request_desc, text, arena, &opts);
    if (err == 0) err = make_files(&g, &response);
    if (err < 0) {
        const edo_trail_entry *told = edo_trail_find(err);
        (void)snprintf(why, sizeof why, "%s: %s", told ? told->text : "failed", edo_strerror(err));
        response = (gen_response){ .error = edo_str_of(why) };
    }
    err = edo_protobuf_encode(out, &response, &gen_response_desc);
    edo_buf_deinit(&g.out);
    return err;
}

int main(int argc, char **argv) {
    (void)argv;
    edo_arena arena = { .chunk_bytes = PIECE_BYTES };
    edo_buf in = { 0 }, out = { 0 };
    if (argc > 1) {
        (void)fputs("usage: protoc --edo_out=DIR FILE.proto..., with protoc-gen-edo in PATH\n",
                    stderr);
        return 2;
    }
    int err = read_all(&in);
    if (err == 0)
        err = main_make_response(&out, (edo_str){ in.len > 0 ? in.ptr : "", in.len }, &arena);
    if (err == 0) err = write_all(&out);
    if (err < 0) (void)fprintf(stderr, "protoc-gen-edo: %s\n", edo_strerror(err));
    edo_buf_deinit(&in);
    edo_buf_deinit(&out);
    edo_arena_deinit(&arena);
    return err < 0;
}
