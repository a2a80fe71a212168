/* SPDX-License-Identifier: MIT */
/* Goal: a walk shows every field that is there, once and in order, without an allocation; text for
 * people shows no secret.
 * Method: a visitor that writes down what it sees; requests for memory are refused meanwhile. */
#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/value.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct login {
    edo_str name;
    char *password;
} login;
EDO_DESCRIBE(login, EDO_FIELD(login, name), EDO_FIELD(login, password, .secret = true))

enum { BY_NOBODY, BY_LOGIN, BY_TOKEN };
typedef struct access {
    int by;
    union {
        login login;
        int64_t token;
    } u;
} access;
EDO_DESCRIBE_UNION(access, by, EDO_UNIT(BY_NOBODY, "nobody"),
                   EDO_FIELD_OF(access, u.login, login_desc, EDO_AS("login"), .tag = BY_LOGIN),
                   EDO_FIELD(access, u.token, EDO_AS("token"), .tag = BY_TOKEN, .secret = true))

typedef struct all {
    int32_t id;
    char code[4];
    edo_str absent;
    double *list;
    size_t list_n;
    edo_str upto[2];
    size_t upto_n;
    login logins[2];
    access *accesses;
    size_t accesses_n;
    login hidden;
    edo_duration wait;
    int skipped;
    struct all *next;
} all;
EDO_DESCRIBE(all, EDO_FIELD(all, id), EDO_FIELD(all, code),
             EDO_FIELD(all, absent, .optional = true), EDO_FIELD_LIST(all, list, list_n),
             EDO_FIELD_UPTO(all, upto, upto_n), EDO_FIELD_FIXED_OF(all, logins, login_desc),
             EDO_FIELD_LIST_OF(all, accesses, accesses_n, access_desc),
             EDO_FIELD_OF(all, hidden, login_desc, .secret = true), EDO_FIELD(all, wait),
             EDO_FIELD(all, skipped, .skip = true),
             EDO_FIELD_PTR_OF(all, next, all_desc, .optional = true))

static double numbers[] = { 1, 0.5 };
static char secret[] = "xyzzy";
static access accesses[] = {
    { .by = BY_NOBODY },
    { .by = BY_LOGIN, .u.login = { { "b", 1 }, secret } },
    { .by = BY_TOKEN, .u.token = 12345 },
};

static all sample(void) {
    return (all){ .id = -7,
                  .code = "a\"b",
                  .list = numbers,
                  .list_n = 2,
                  .upto = { EDO_STR("\n") },
                  .upto_n = 1,
                  .logins = { { EDO_STR("ann"), secret }, { .name = EDO_STR("") } },
                  .accesses = accesses,
                  .accesses_n = 3,
                  .hidden = { EDO_STR("h"), secret },
                  .wait = EDO_MS(1500) };
}

typedef struct seen {
    char text[1024];
    size_t n;
    int stop_at; /* calls until one fails; 0: none does */
    bool skips_lists;
} seen;

static int note(seen *s, const char *what, const edo_field *f, size_t n) {
    edo_str name = f ? edo_field_name(f) : EDO_STR("-");
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%s %.*s %zu\n", what,
                             (int)name.len, name.ptr, n);
    return s->stop_at && --s->stop_at == 0 ? -EIO : 0;
}

static int enter(void *arg, const edo_field *f, edo_visit_what what, size_t n) {
    static const char *const whats[] = { "struct", "union", "list", "map" };
    seen *s = arg;
    int err = note(s, whats[what], f, n);
    return err == 0 && s->skips_lists && what == EDO_VISIT_LIST ? EDO_VISIT_SKIP : err;
}
static int leave(void *arg, const edo_field *f, edo_visit_what what) {
    return note(arg, "leave", f, what);
}
static int element(void *arg, const edo_field *f, const void *at) {
    assert_non_null(at);
    return note(arg, "element", f, f->size);
}
static int slice(void *arg, const edo_field *f, const void *first, size_t n) {
    assert_ptr_equal(first, numbers);
    return note(arg, "slice", f, n);
}

static int entry(void *arg, const edo_field *f, edo_str name) {
    (void)f;
    seen *s = arg;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "entry %.*s\n", (int)name.len,
                             name.ptr);
    return s->stop_at && --s->stop_at == 0 ? -EIO : 0;
}

static const edo_visitor_ops ops = { enter, leave, element, slice, entry };

static void walk_shows_every_field_in_order_and_allocates_nothing(void **state) {
    (void)state;
    const all v = sample();
    seen s = { .n = 0 };
    edoi_alloc_fail_from(1);
    assert_int_equal(edo_visit(&v, &all_desc, &ops, &s), 0);
    assert_int_equal(edoi_alloc_refused_n(), 0);
    edoi_alloc_fail_at(0);
    assert_string_equal(
        s.text,
        "struct - 11\nelement id 4\nelement code 4\nlist list 2\nslice list 2\nleave list 2\n"
        "list upto 1\nelement upto 16\nleave upto 2\n"
        "list logins 2\nstruct logins 2\nelement name 16\nelement password 8\nleave logins 0\n"
        "struct logins 2\nelement name 16\nelement password 8\nleave logins 0\nleave logins 2\n"
        "list accesses 3\nunion accesses 1\nelement nobody 0\nleave accesses 1\n"
        "union accesses 1\nstruct login 2\nelement name 16\nelement password 8\nleave login 0\n"
        "leave accesses 1\nunion accesses 1\nelement token 8\nleave accesses 1\n"
        "leave accesses 2\nstruct hidden 2\nelement name 16\nelement password 8\n"
        "leave hidden 0\nelement wait 8\nleave - 0\n");
}

static void visitor_decides_whether_to_descend_and_when_to_end(void **state) {
    (void)state;
    const all v = sample();
    seen s = { .skips_lists = true };
    assert_int_equal(edo_visit(&v, &all_desc, &ops, &s), 0);
    assert_string_equal(s.text,
                        "struct - 11\nelement id 4\nelement code 4\nlist list 2\nlist upto 1\n"
                        "list logins 2\nlist accesses 3\nstruct hidden 2\nelement name 16\n"
                        "element password 8\nleave hidden 0\nelement wait 8\nleave - 0\n");
    seen whole = { .n = 0 };
    assert_int_equal(edo_visit(&v, &all_desc, &ops, &whole), 0);
    int calls = 0;
    for (const char *c = whole.text; *c; c++) calls += *c == '\n';
    for (int k = 1; k <= calls; k++) {
        seen part = { .stop_at = k };
        assert_int_equal(edo_visit(&v, &all_desc, &ops, &part), -EIO);
        assert_memory_equal(part.text, whole.text, part.n);
    }
    assert_int_equal(edo_visit(&v, &all_desc, &(edo_visitor_ops){ .leave = NULL }, NULL), 0);
}

static void walk_refuses_unknown_tags_and_endless_values(void **state) {
    (void)state;
    all v = sample();
    access unknown = { .by = 9 };
    v.accesses = &unknown;
    v.accesses_n = 1;
    seen s = { .n = 0 };
    assert_int_equal(edo_visit(&v, &all_desc, &ops, &s), -EDO_EVALUE);
    v = (all){ .id = 1 };
    v.next = &v;
    assert_int_equal(edo_visit(&v, &all_desc, &(edo_visitor_ops){ .leave = NULL }, NULL),
                     -EDO_EVALUE);
    edo_trail_clear();
}

static void print_shows_all_but_secrets(void **state) {
    (void)state;
    static const char wanted[] =
        "{ id: -7, code: \"a\\\"b\", list: [1, 0.5], upto: [\"\\n\"], "
        "logins: [{ name: \"ann\", password: *** }, { name: \"\", password: *** }], "
        "accesses: [{ nobody }, { login: { name: \"b\", password: *** } }, { token: *** }], "
        "hidden: ***, wait: 1s500ms }";
    const all v = sample();
    edo_buf out = { 0 };
    assert_int_equal(edo_value_print(&out, &v, &all_desc), 0);
    assert_int_equal(out.len, sizeof wanted - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
    edoi_alloc_fail_at(1);
    assert_int_equal(edo_value_print(&out, &v, &all_desc), -ENOMEM);
    edoi_alloc_fail_at(0);
    edo_buf_deinit(&out);
}

/* ---- Maps, free-standing values -------------------------------------------------------------- */

typedef struct label {
    char name[8];
    edo_str text;
} label;
EDO_DESCRIBE(label, EDO_FIELD(label, name), EDO_FIELD(label, text, .optional = true))
typedef struct place {
    edo_str name;
    login at;
} place;
EDO_DESCRIBE(place, EDO_FIELD(place, name), EDO_FIELD_OF(place, at, login_desc))
typedef struct maps {
    label *labels;
    size_t labels_n;
    place places[1];
    label none[2];
    size_t none_n;
} maps;
EDO_DESCRIBE(maps, EDO_FIELD_LIST_OF(maps, labels, labels_n, label_desc, .map = true),
             EDO_FIELD_FIXED_OF(maps, places, place_desc, .map = true),
             EDO_FIELD_UPTO_OF(maps, none, none_n, label_desc, .map = true))

static void entries_of_a_map_have_their_names(void **state) {
    (void)state;
    label labels[] = { { "a", EDO_STR("1") }, { "b\n", { 0 } }, { "", EDO_STR("") } };
    const maps m = { .labels = labels,
                     .labels_n = 3,
                     .places = { { EDO_STR("x"), { EDO_STR("ann"), secret } } } };
    seen s = { .n = 0 };
    edo_buf out = { 0 };
    assert_int_equal(edo_visit(&m, &maps_desc, &ops, &s), 0);
    assert_string_equal(
        s.text, "struct - 3\nmap labels 3\nentry a\nelement text 16\nentry b\n\nentry \n"
                "element text 16\nleave labels 3\nmap places 1\nentry x\nstruct at 2\n"
                "element name 16\nelement password 8\nleave at 0\nleave places 3\nmap none 0\n"
                "leave none 3\nleave - 0\n");
    assert_int_equal(edo_value_print(&out, &m, &maps_desc), 0);
    assert_int_equal(edo_buf_append(&out, "", 1), 0);
    assert_string_equal(out.ptr,
                        "{ labels: { \"a\": \"1\", \"b\\n\": none, \"\": \"\" }, places: { "
                        "\"x\": { name: \"ann\", password: *** } }, none: {  } }");
    edo_buf_deinit(&out);
}

typedef struct grant {
    edo_str token;
    int64_t uses;
} grant;
EDO_DESCRIBE(grant, EDO_FIELD(grant, token, .secret = true), EDO_FIELD(grant, uses, .max = 9))
typedef struct grants {
    grant *all;
    size_t all_n;
} grants;
EDO_DESCRIBE(grants, EDO_FIELD_LIST_OF(grants, all, all_n, grant_desc, .map = true))

static void names_of_entries_may_be_secret(void **state) {
    (void)state;
    grant some[] = { { EDO_STR("t0psecret"), 1 }, { EDO_STR("t1psecret"), 2 } };
    const grants g = { .all = some, .all_n = 2 };
    edo_buf out = { 0 };
    assert_int_equal(edo_value_print(&out, &g, &grants_desc), 0);
    assert_int_equal(edo_buf_append(&out, "", 1), 0);
    assert_string_equal(out.ptr, "{ all: { ***: 1, ***: 2 } }");
    edo_buf_deinit(&out);
}

static void a_value_stands_alone_with_its_description(void **state) {
    (void)state;
    int16_t number = -7;
    edo_str text = EDO_STR("a\n");
    const char *none = NULL;
    login l = { EDO_STR("ann"), secret };
    access nobody = { .by = BY_NOBODY };
    edo_value values[] = { EDO_VALUE(number), EDO_VALUE(text),
                           EDO_VALUE(none),   EDO_VALUE_OF(l, login_desc),
                           EDO_VALUE(l.name), EDO_VALUE_OF(nobody, access_desc),
                           EDO_VALUE(number), EDO_VALUE_OF(l, login_desc) };
    static const char *const wanted[] = { "-7",      "\"a\\n\"",
                                          "none",    "{ name: \"ann\", password: *** }",
                                          "\"ann\"", "{ nobody }",
                                          "***",     "***" };
    values[6].secret = values[7].secret = true;
    for (size_t i = 0; i < EDO_COUNT(values); i++) {
        edo_buf out = { 0 };
        assert_int_equal(edo_print_value(&out, &values[i]), 0);
        assert_int_equal(edo_buf_append(&out, "", 1), 0);
        assert_string_equal(out.ptr, wanted[i]);
        edo_buf_deinit(&out);
    }
    seen s = { .n = 0 };
    assert_int_equal(edo_visit_value(&values[0], &ops, &s), 0);
    assert_string_equal(s.text, "element  2\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_shows_every_field_in_order_and_allocates_nothing),
        cmocka_unit_test(visitor_decides_whether_to_descend_and_when_to_end),
        cmocka_unit_test(walk_refuses_unknown_tags_and_endless_values),
        cmocka_unit_test(print_shows_all_but_secrets),
        cmocka_unit_test(entries_of_a_map_have_their_names),
        cmocka_unit_test(names_of_entries_may_be_secret),
        cmocka_unit_test(a_value_stands_alone_with_its_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
