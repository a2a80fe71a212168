/* SPDX-License-Identifier: MIT */
/* Goal: what other encoders of HPACK have compressed is the response that they meant, to the end of
 * a connection of a client.
 * Method: the vectors of hpack-test-case, sent as they are to HEAD, whose responses may have a
 * length without a body. Those with a field `connection`, which is most of them, HTTP/2 refuses:
 * they count for the tables of the connection only. */
#include "client_stage.h"
#include "hpack_vectors.h"

/* Are the fields those of the list, in its order? */
static bool are_meant(const edo_http_response *res, const list *l) {
    size_t at = 0;
    for (size_t i = 0; i < l->n; i++) {
        const edo_header *f;
        if (l->names[i].ptr[0] == ':') continue;
        f = edo_headers_at(&res->headers, at++);
        if (!f || !edo_str_equal(f->name, l->names[i]) || !edo_str_equal(f->value, l->values[i]))
            return false;
    }
    edo_status status;
    return edo_headers_count(&res->headers) == at &&
           edo_status_parse(&status, field_of(l, ":status")) == 0 && status == res->status;
}

/* A request, and the list that its response has to be. */
typedef struct meant {
    stage *t;
    const list *l;
} meant;

static int asks(void *arg) {
    const meant *m = arg;
    edo_http_response *res;
    int err = edo_http2_send(m->t->c, &res, &(edo_http_request){ .method = EDO_METHOD_HEAD });
    if (err < 0) return err;
    CHECK(are_meant(res, m->l));
    edo_http_response_free(res);
    return 0;
}

/* Sends the next block of its connection. Returns whether it was a response. */
static bool send_block(stage *t, uint32_t id, const list *l, const char *hex) {
    static uint8_t block[8192];
    const size_t n = read_hex(hex, block, sizeof block);
    const bool is_refused = field_of(l, "connection").ptr || field_of(l, "transfer-encoding").ptr;
    meant m = { t, l };
    edo_task *task = edo_spawn(asks, &m);
    CHECK(task != NULL);
    frame_await(t, HEADERS);
    CHECK_EQ(t->last.id, id);
    frame_put(t, HEADERS, END_HEADERS | END_STREAM, id, block, n);
    CHECK_EQ(edo_task_join(task), is_refused ? -EPROTO : 0);
    CHECK(edo_http2_is_open(t->c, true));
    return !is_refused;
}

static int decodes(void *arg) {
    stage *t = arg;
    char *text = load(VECTORS "hpack_lists.tsv"), *wires = load(VECTORS "hpack_responses.tsv");
    uint32_t id = 0;
    int right_n = 0;
    read_lists(text);
    for (char *line = wires, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        char *story = strchr(line, '\t') + 1, *number = strchr(story, '\t') + 1;
        const list *l = list_of((int)strtol(story, NULL, 10), (int)strtol(number, NULL, 10));
        CHECK(l != NULL);
        if (l->number == 0) {
            if (id > 0) stage_end(t);
            stage_begin(t);
            id = 1;
        }
        right_n += send_block(t, id, l, strchr(number, '\t') + 1);
        id += 2;
    }
    CHECK_EQ(right_n, 48);
    stage_end(t);
    free(text);
    free(wires);
    return 0;
}

static void responses_of_other_encoders_are_what_they_meant(void **state) {
    (void)state;
    staged(decodes, (edo_http2_opts){ .header_list_max = 65536 });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(responses_of_other_encoders_are_what_they_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
