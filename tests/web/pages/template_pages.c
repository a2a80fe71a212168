/* SPDX-License-Identifier: MIT */
/* Compiles templates and renders them, for tests/web/template_peers_test.py. A request on standard
 * input is three texts, the template and its partials p and q; and a number of values, each a text
 * x, a text y, a number and flags: 1 yes, 2 no, 4 and 8 the number of items, whose names are x. The
 * response is the number of pages, and each as a text; or 0, and why the template is refused.
 * Numbers are of 32 bits, as the machine has them; a text has its length before it. */
#include <edo/error.h>
#include <edo/template.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct item {
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, name))

typedef struct page {
    edo_str x, y;
    int32_t n;
    bool yes, no;
    edo_bytes pic;
    item *items;
    size_t items_n;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, x), EDO_FIELD(page, y), EDO_FIELD(page, n), EDO_FIELD(page, yes),
             EDO_FIELD(page, no), EDO_FIELD(page, pic),
             EDO_FIELD_LIST_OF(page, items, items_n, item_desc))

static edo_arena memory; /* of a request */

static void get(void *to, size_t n) {
    if (fread(to, 1, n, stdin) != n) exit(1);
}

static uint32_t get_number(void) {
    uint32_t n;
    get(&n, sizeof n);
    return n;
}

static edo_str get_text(void) {
    uint32_t n = get_number();
    char *text = edo_arena_alloc(&memory, n + 1u);
    if (!text) exit(1);
    get(text, n);
    return (edo_str){ text, n };
}

static void put_text(const char *text, size_t n) {
    const uint32_t len = (uint32_t)n;
    fwrite(&len, sizeof len, 1, stdout);
    if (n > 0) fwrite(text, 1, n, stdout);
}

static page get_value(item items[3]) {
    page v = { .x = get_text(), .y = get_text(), .n = (int32_t)get_number() };
    uint32_t flags = get_number();
    v.yes = flags & 1;
    v.no = flags & 2;
    v.items_n = flags >> 2 & 3;
    v.pic = (edo_bytes){ .str = v.x };
    v.items = items;
    for (size_t i = 0; i < v.items_n; i++) items[i].name = v.x;
    return v;
}

static void put_page(const edo_template *t, const page *v) {
    edo_buf out = { 0 };
    (void)edo_template_render(t, v, &out); // a failure leaves nothing
    put_text(out.ptr, out.len);
    edo_buf_deinit(&out);
}

static void respond(void) {
    edo_str text = get_text();
    const edo_template_partial partials[] = { { "p", get_text() }, { "q", get_text() } };
    const uint32_t values_n = get_number();
    edo_template *t = NULL;
    int err = edo_template_new(&t, text, &page_desc,
                               &(edo_template_opts){ .partials = partials, .partials_n = 2 });
    const uint32_t pages_n = err == 0 ? values_n : 0;
    fwrite(&pages_n, sizeof pages_n, 1, stdout);
    for (uint32_t i = 0; i < values_n; i++) {
        item items[3];
        page v = get_value(items);
        if (err == 0) put_page(t, &v);
    }
    if (err < 0) {
        char said[512];
        size_t n = edo_trail_print_text(said, sizeof said, err, 0);
        put_text(said, n < sizeof said ? n : sizeof said - 1);
        edo_trail_clear();
    }
    edo_template_free(t);
    edo_arena_deinit(&memory);
    fflush(stdout);
}

int main(void) {
    for (int c; (c = getchar()) != EOF;) {
        ungetc(c, stdin);
        respond();
    }
    return 0;
}
