// SPDX-License-Identifier: MIT
// Descriptions made in C++: each form of the macros, what it says, and JSON by it.
#include <edo/error.h>
#include <edo/json.h>
#include <edo/sql.h>
#include <edo/value.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            std::fprintf(stderr, "%d: %s\n", __LINE__, #cond);                                     \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

/* Where NULL is a value of EDO_SQL(), and where it is none. */
static_assert(edoi_sql_nulls("NULL") == 1, "alone");
static_assert(edoi_sql_nulls("id, __null") == 2, "behind a macro");
static_assert(edoi_sql_nulls("has ? n : NULL, id") == 1, "a choice");
static_assert(edoi_sql_nulls("has?NULL:n") == 1, "a choice");
static_assert(edoi_sql_nulls("(has ? n : (NULL))") == 1, "in brackets");
static_assert(edoi_sql_nulls("f(a, b), 1'000, '\\'', \"\\\"\", NULL") == 16, "behind literals");
static_assert(edoi_sql_nulls("") == 0, "none");
static_assert(edoi_sql_nulls("p == NULL, NULL != p, p == NULL ? 1 : 2") == 0, "compared");
static_assert(edoi_sql_nulls("find(db, NULL), edo_str{ NULL, 0 }, a[NULL]") == 0, "another's");
static_assert(edoi_sql_nulls("\"NULL\", NULLABLE, IS_NULL, s.NULL_, nullptr") == 0, "other words");
static_assert(edoi_sql_nulls("(1, NULL), R\"(a \"b, NULL, c)\", NULL") == 1, "a raw literal ends the look");

namespace {

enum color { COLOR_RED, COLOR_BLUE };
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"),
                  EDO_UNIT(COLOR_BLUE, "blue", .doc = "as the sky"))

enum class mode : uint8_t { off, on = 200 };
EDO_DESCRIBE_ENUM(mode, EDO_UNIT(mode::off, "off"), EDO_UNIT(mode::on, "on"))

typedef struct {
    int64_t id;
    edo_str name, email;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id, .doc = "given by the server"),
             EDO_FIELD(user, name, .min_len = 1, .max_len = 64),
             EDO_FIELD(user, email, .optional = true))

struct shape {
    int kind;
    union {
        user u;
        double r;
    } as;
};
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(0, "none"),
                   EDO_FIELD(shape, as.r, EDO_AS("circle"), .tag = 1, .min = 0, .max = 10),
                   EDO_FIELD_OF(shape, as.u, user_desc, EDO_AS("user"), .tag = 2))

const char *is_odd(const void *element) {
    return *static_cast<const int *>(element) % 2 ? nullptr : "must be odd";
}

struct all {
    bool yes;
    unsigned long n;
    char chars[9];
    const char *text;
    edo_bytes bytes;
    edo_duration wait;
    edo_wall since;
    int odd;
    color paint;
    bool has_paint;
    mode how;
    int *one;
    uint16_t *list;
    size_t list_n;
    float fixed[3];
    edo_str upto[4];
    size_t upto_n;
    user *users;
    size_t users_n;
    user *boss;
    user pair[2];
    shape shapes[2];
    size_t shapes_n;
};
EDO_DESCRIBE(all, EDO_FIELD(all, yes), EDO_FIELD(all, n, EDO_AS("number")), EDO_FIELD(all, chars),
             EDO_FIELD(all, text), EDO_FIELD(all, bytes, .secret = true),
             EDO_FIELD(all, wait, .min = 1, .max = 1000, .preset = "5ns", .doc = "how long",
                       .value = "DUR", .optional = true, .letter = 'w'),
             EDO_FIELD(all, since, .preset = "2026-11-27T15:04:05Z"),
             EDO_FIELD(all, odd, .check = is_odd, .preset = "3"),
             EDO_FIELD_OF(all, paint, color_desc, .optional = true, EDO_HAS(all, has_paint)),
             EDO_FIELD_OF(all, how, mode_desc), EDO_FIELD_PTR(all, one, .optional = true),
             EDO_FIELD_LIST(all, list, list_n), EDO_FIELD_FIXED(all, fixed),
             EDO_FIELD_UPTO(all, upto, upto_n), EDO_FIELD_LIST_OF(all, users, users_n, user_desc),
             EDO_FIELD_PTR_OF(all, boss, user_desc, .optional = true),
             EDO_FIELD_FIXED_OF(all, pair, user_desc, .skip = true),
             EDO_FIELD_UPTO_OF(all, shapes, shapes_n, shape_desc))

} // namespace

struct node {
    edo_str text;
    node *nodes;
    size_t nodes_n;
};
EDO_DESCRIBED(node)
EDO_DESCRIBE_SHARED(node, EDO_FIELD(node, text), EDO_FIELD_LIST_OF(node, nodes, nodes_n, node_desc))

static const edo_field *field(const char *name) {
    return edo_desc_find(&all_desc, edo_str_of(name));
}

static void says(const char *name, int kind, int shape_, size_t offset, size_t size) {
    const edo_field *f = field(name);
    CHECK(f && f->kind == kind && f->shape == shape_ && f->offset == offset && f->size == size);
}

static edo_str text_of(const edo_buf &b) {
    return { b.ptr, b.len };
}

// A described struct comes back from its JSON; what is not as described is refused by name.
static void json() {
    static const char text[] =
        "{\"yes\":true,\"number\":18446744073709551615,\"chars\":\"12345678\",\"text\":\"t\","
        "\"bytes\":\"AAEC\",\"wait\":\"PT0.000000007S\",\"since\":\"2026-11-27T16:04:05.500Z\","
        "\"odd\":5,\"paint\":\"blue\",\"how\":\"on\",\"one\":-1,"
        "\"list\":[1,65535],\"fixed\":[0.5,1.0,2.0],\"upto\":[\"a\",\"\"],"
        "\"users\":[{\"id\":1,\"name\":\"ann\"},{\"id\":2,\"name\":\"bob\",\"email\":\"b\"}],"
        "\"boss\":{\"id\":3,\"name\":\"c\"},\"shapes\":[{\"circle\":2.5},"
        "{\"user\":{\"id\":4,\"name\":\"d\"}}]}";
    all v;
    edo_buf out{}, lines{};
    edo_json_error error{};
    int err = edo_json_decode(&v, &all_desc, edo_str_of(text));
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    CHECK(err == 0);
    CHECK(v.yes && v.odd == 5 && v.paint == COLOR_BLUE && v.has_paint && v.how == mode::on);
    CHECK(*v.one == -1 && v.list[1] == 65535 && v.upto_n == 2 && v.users_n == 2 && v.boss->id == 3);
    CHECK(v.shapes_n == 2 && v.shapes[0].as.r == 2.5 && v.shapes[1].as.u.id == 4);
    CHECK(edo_json_encode(&out, &v, &all_desc) == 0);
    CHECK(edo_str_equal(text_of(out), edo_str_of(text)));
    edo_json_writer_opts form{};
    form.indent = 2;
    CHECK(edo_json_print(&lines, &v, &all_desc, &form) == 0 && lines.len > out.len);
    edo_value_deinit(&v, &all_desc);
    CHECK(edo_json_decode(&v, &all_desc, text_of(lines)) == 0 && v.shapes_n == 2);
    edo_value_deinit(&v, &all_desc);
    edo_json_opts opts{};
    opts.error = &error;
    CHECK(edo_json_decode_with(&v, &all_desc, EDO_STR("{\"odd\":4}"), &opts) == -EDO_EJSON);
    CHECK(std::strcmp(error.text, "\"odd\" must be odd") == 0);
    edo_trail_clear();
    edo_buf_deinit(&out);
    edo_buf_deinit(&lines);
}

int main() {
    says("yes", EDO_VALUE_BOOL, EDO_SHAPE_ONE, offsetof(all, yes), 1);
    says("number", sizeof(long) == 8 ? EDO_VALUE_U64 : EDO_VALUE_U32, EDO_SHAPE_ONE,
         offsetof(all, n), sizeof(long));
    says("chars", EDO_VALUE_CHARS, EDO_SHAPE_ONE, offsetof(all, chars), 9);
    says("text", EDO_VALUE_TEXT, EDO_SHAPE_ONE, offsetof(all, text), sizeof(char *));
    says("bytes", EDO_VALUE_BYTES, EDO_SHAPE_ONE, offsetof(all, bytes), sizeof(edo_bytes));
    says("wait", EDO_VALUE_DURATION, EDO_SHAPE_ONE, offsetof(all, wait), 8);
    says("since", EDO_VALUE_WALL, EDO_SHAPE_ONE, offsetof(all, since), sizeof(edo_wall));
    says("one", EDO_VALUE_I32, EDO_SHAPE_PTR, offsetof(all, one), 4);
    says("list", EDO_VALUE_U16, EDO_SHAPE_LIST, offsetof(all, list), 2);
    says("fixed", EDO_VALUE_F32, EDO_SHAPE_FIXED, offsetof(all, fixed), 4);
    says("upto", EDO_VALUE_STR, EDO_SHAPE_UPTO, offsetof(all, upto), sizeof(edo_str));
    says("users", EDO_VALUE_DESCRIBED, EDO_SHAPE_LIST, offsetof(all, users), sizeof(user));
    says("boss", EDO_VALUE_DESCRIBED, EDO_SHAPE_PTR, offsetof(all, boss), sizeof(user));
    says("shapes", EDO_VALUE_DESCRIBED, EDO_SHAPE_UPTO, offsetof(all, shapes), sizeof(shape));
    CHECK(!field("pair")); // it is skipped
    CHECK(field("paint")->has_at == 1 + offsetof(all, has_paint));
    CHECK(field("upto")->n == 4 && field("upto")->count_at == offsetof(all, upto_n));
    const edo_field *wait = field("wait");
    CHECK(std::strcmp(wait->doc, "how long") == 0 && wait->letter == 'w' && wait->optional);
    CHECK(std::strcmp(wait->key, ",\"wait\":") == 0 && wait->name_len == 4);
    CHECK(node_desc.fields[1].desc == &node_desc && node_desc.size == sizeof(node));

    user someone{ 7, EDO_STR("ann"), EDO_STR("") };
    edo_buf shown{};
    const edo_value values[] = { EDO_VALUE(someone.id), EDO_VALUE_OF(someone, user_desc) };
    for (const edo_value &value : values) CHECK(edo_print_value(&shown, &value) == 0);
    CHECK(edo_str_equal(text_of(shown), EDO_STR("7{ id: 7, name: \"ann\", email: \"\" }")));
    edo_buf_deinit(&shown);

    all v;
    CHECK(edo_value_init(&v, &all_desc, nullptr) == 0);
    CHECK(v.wait.ns == 5 && v.odd == 3 && v.since.s == 1795791845);
    CHECK(edo_wall_since(edo_wall_add(v.since, edo_ms(5)), v.since).ns == 5000000);
    const auto list = EDO_SQL(v.since, v.wait, nullptr, EDO_SQL_IF(true, 7), EDO_SQL_IF(false, 7));
    CHECK(list.args[0].kind == EDO_SQL_WALL && list.args[0].value.wall.s == v.since.s);
    CHECK(list.args[2].kind == EDO_SQL_NULL && list.args[4].kind == EDO_SQL_NULL);
    CHECK(list.args[3].kind == EDO_SQL_INT && list.args[3].value.integer == 7);
    const user *nobody = nullptr;
    const auto of_nobody = EDO_SQL(EDO_SQL_IF(nobody, nobody->id));
    CHECK(of_nobody.args[0].kind == EDO_SQL_NULL);
    v.users_n = 0;
    CHECK(edo_value_check(&v, &all_desc, nullptr, nullptr) == 0);
    v.odd = 4;
    CHECK(edo_value_check(&v, &all_desc, nullptr, nullptr) == -EDO_EVALUE);
    CHECK(edo_value_parse(&v.how, field("how"), EDO_STR("on"), nullptr) == 0 && v.how == mode::on);
    edo_value_deinit(&v, &all_desc);
    json();
    std::puts("ok");
}
