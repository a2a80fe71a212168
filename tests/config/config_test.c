/* SPDX-License-Identifier: MIT */
/* Goal: each form of text sets the fields that it names, a stronger source wins over a weaker one,
 * and every failure names its source and what is wanted. */
#include <edo/config.h>
#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

typedef enum level { LEVEL_LOW, LEVEL_HIGH } level;
EDO_DESCRIBE_ENUM(level, EDO_UNIT(LEVEL_LOW, "low"), EDO_UNIT(LEVEL_HIGH, "high"))

typedef struct database {
    edo_str host;
    edo_duration max_wait;
    const char *password;
} database;
EDO_DESCRIBE(database, EDO_FIELD(database, host, .preset = "localhost", .min_len = 1),
             EDO_FIELD(database, max_wait, .preset = "5s", .doc = "for a connection"),
             EDO_FIELD(database, password, .secret = true, .optional = true))

typedef struct options {
    uint16_t port;
    bool verbose, color;
    level log;
    edo_str *tags;
    size_t tags_n;
    int16_t size[2];
    double share;
    database db;
    const char *config;
    const char *from;
    edo_str to[3];
    size_t to_n;
} options;
EDO_DESCRIBE(options,
             EDO_FIELD(options, port, .min = 1, .max = 65000, .letter = 'p', .preset = "80",
                       .doc = "where to listen"),
             EDO_FIELD(options, verbose, .letter = 'v', .doc = "say more"),
             EDO_FIELD(options, color, .preset = "true", .letter = 'c'),
             EDO_FIELD_OF(options, log, level_desc, .preset = "low"),
             EDO_FIELD_LIST(options, tags, tags_n, EDO_AS("tag"), .max_len = 2, .letter = 't'),
             EDO_FIELD_FIXED(options, size, .optional = true),
             EDO_FIELD(options, share, .optional = true), EDO_FIELD_OF(options, db, database_desc),
             EDO_FIELD(options, config, .optional = true, .value = "FILE"),
             EDO_FIELD(options, from, .positional = true, .preset = "here", .value = "FROM"),
             EDO_FIELD_UPTO(options, to, to_n, .positional = true, .value = "TO"))

static char printed[2048]; /* by help and version */

/* Reads the words of `line` as a command line. */
static int read_args(options *o, const char *line) {
    static char words[256];
    char *argv[32] = { (char[]){ "/usr/bin/prog" } };
    int argc = 1;
    (void)snprintf(words, sizeof words, "%s", line);
    for (char *word = words; *word; argc++) {
        char *end = word + strcspn(word, " ");
        argv[argc] = word;
        word = *end ? end + 1 : end;
        *end = 0;
    }
    memset(printed, 0, sizeof printed);
    FILE *out = fmemopen(printed, sizeof printed, "w");
    assert_non_null(out);
    const edo_config_opts opts = {
        .version = "1.2", .about = "Does what it should.", .more = "The end.", .out = out
    };
    int err = edo_args_decode(o, &options_desc, argc, argv, &opts);
    (void)fclose(out);
    return err;
}

static void check_trail(int err, int code, const char *wanted) {
    char text[512];
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    edo_trail_clear();
    char *end = strstr(text, edo_strerror(code));
    if (end && end - text >= 2) end[-2] = 0;
    assert_string_equal(text, wanted);
    assert_int_equal(err, code);
}

/* ---- Command lines --------------------------------------------------------------------------- */

static void without_arguments_there_are_presets(void **state) {
    (void)state;
    options o;
    assert_int_equal(read_args(&o, ""), 0);
    assert_int_equal(o.port, 80);
    assert_false(o.verbose);
    assert_true(o.color);
    assert_int_equal(o.log, LEVEL_LOW);
    assert_true(edo_str_equal(o.db.host, EDO_STR("localhost")));
    assert_true(o.db.max_wait.ns == edo_s(5).ns);
    assert_null(o.db.password);
    assert_string_equal(o.from, "here");
    assert_int_equal(o.tags_n, 0);
    edo_value_deinit(&o, &options_desc);
}

static void every_form_of_an_option_is_read(void **state) {
    (void)state;
    static const char *const lines[] = {
        "--port 8080 --verbose --no-color --log high --tag a --tag b --db-max-wait=1m x y z",
        "x -p8080 -v --color=false --log=high -ta -t b y --db-max-wait 1m z",
        "-vt a -p=8080 --port 7 --no-color --tag b -p 8080 --log high --db-max-wait 1m -- x y z",
    };
    for (size_t i = 0; i < EDO_COUNT(lines); i++) {
        options o;
        assert_int_equal(read_args(&o, lines[i]), 0);
        assert_int_equal(o.port, 8080);
        assert_true(o.verbose);
        assert_false(o.color);
        assert_int_equal(o.log, LEVEL_HIGH);
        assert_int_equal(o.tags_n, 2);
        assert_true(edo_str_equal(o.tags[1], EDO_STR("b")));
        assert_true(o.db.max_wait.ns == edo_minutes(1).ns);
        assert_string_equal(o.from, "x");
        assert_int_equal(o.to_n, 2);
        assert_true(edo_str_equal(o.to[1], EDO_STR("z")));
        edo_value_deinit(&o, &options_desc);
    }
}

static void what_looks_like_an_option_is_an_argument_behind_two_dashes(void **state) {
    (void)state;
    options o;
    assert_int_equal(read_args(&o, "-- --port -v"), 0);
    assert_string_equal(o.from, "--port");
    assert_true(edo_str_equal(o.to[0], EDO_STR("-v")));
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(read_args(&o, "-"), 0);
    assert_string_equal(o.from, "-");
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(read_args(&o, "--size -1 --size 2"), 0);
    assert_int_equal(o.size[0], -1);
    assert_int_equal(o.size[1], 2);
    edo_value_deinit(&o, &options_desc);
}

#define FAR "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" /* from every name */

static void wrong_arguments_are_named_with_what_is_wanted(void **state) {
    (void)state;
    static const struct {
        const char *line, *says;
        int code;
    } rows[] = {
        { "--port 65001", "--port must be at most 65000", -EDO_EVALUE },
        { "-p x", "--port must be a whole number", -EDO_EVALUE },
        { "--port=", "--port must be a whole number", -EDO_EVALUE },
        { "--port", "--port needs a value", -EDO_EVALUE },
        { "--log loud", "--log must be low or high", -EDO_EVALUE },
        { "--verbose=maybe", "--verbose must be true or false", -EDO_EVALUE },
        { "--db-host=", "--db-host must have at least 1 byte", -EDO_EVALUE },
        { "-t a -t b -t c", "--tag must have at most 2 elements", -EDO_EVALUE },
        { "--size 1", "--size must have 2 elements", -EDO_EVALUE },
        { "--size 1 --size 2 --size 3", "--size must have at most 2 elements", -EDO_EVALUE },
        { "--prot 80", "unknown option --prot, did you mean --port?", -EINVAL },
        { "--db-maxwait=1s", "unknown option --db-maxwait, did you mean --db-max-wait?", -EINVAL },
        { "--db-pasword=s3cret", "unknown option --db-pasword, did you mean --db-password?",
          -EINVAL },
        { "--nonsense=s3cret", "unknown option --nonsense, see --help", -EINVAL },
        { "--help=s3cret", "unknown option --help, see --help", -EINVAL },
        { "--nonsense", "unknown option --nonsense, see --help", -EINVAL },
        { "--" FAR FAR "x", "unknown option --" FAR FAR "x, see --help", -EINVAL },
        { "--no-port", "unknown option --no-port, did you mean --port?", -EINVAL },
        { "--from x", "unknown option --from, see --help", -EINVAL },
        { "-x", "unknown option -x, see --help", -EINVAL },
        { "-vx", "unknown option -x, see --help", -EINVAL },
        { "-vxs3cret", "unknown option -x, see --help", -EINVAL },
        { "-x=s3cret", "unknown option -x, see --help", -EINVAL },
        { "a b c d e", "TO must have at most 3 elements", -EDO_EVALUE },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        options o;
        check_trail(read_args(&o, rows[i].line), rows[i].code, rows[i].says);
        assert_int_equal(o.port, 0);
        assert_null(o.db.host.ptr);
    }
}

/* It may be the value of an option that takes none, or an option without dashes. */
static void unknown_argument_is_told_by_its_place(void **state) {
    (void)state;
    database d;
    char *const args[] = { (char[]){ "prog" }, (char[]){ "--host" }, (char[]){ "h" },
                           (char[]){ "s3cret" }, NULL };
    check_trail(edo_args_decode(&d, &database_desc, 4, args, NULL), -EINVAL,
                "unknown argument 3, see --help");
}

static void help_comes_from_the_description(void **state) {
    (void)state;
    options o;
    static const char wanted[] = "usage: prog [OPTION]... [FROM] [TO...]\n"
                                 "Does what it should.\n"
                                 "\n"
                                 "  -p, --port N            where to listen (80)\n"
                                 "  -v, --verbose           say more\n"
                                 "  -c, --color             (true)\n"
                                 "  --log low|high          (low)\n"
                                 "  -t, --tag TEXT          \n"
                                 "  --size N                \n"
                                 "  --share N               \n"
                                 "  --db-host TEXT          (localhost)\n"
                                 "  --db-max-wait DURATION  for a connection (5s)\n"
                                 "  --db-password TEXT      \n"
                                 "  --config FILE           \n"
                                 "  FROM                    (here)\n"
                                 "  TO...                   \n"
                                 "  --version               the version\n"
                                 "  --help                  this text\n"
                                 "\n"
                                 "The end.\n";
    assert_int_equal(read_args(&o, "--port 7 --help --nonsense"), EDO_CONFIG_DONE);
    assert_string_equal(printed, wanted);
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(read_args(&o, "-h"), EDO_CONFIG_DONE);
    assert_string_equal(printed, wanted);
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(read_args(&o, "--version"), EDO_CONFIG_DONE);
    assert_string_equal(printed, "prog 1.2\n");
    edo_value_deinit(&o, &options_desc);
}

/* ---- The environment ------------------------------------------------------------------------- */

static void variables_have_the_prefix_and_capitals(void **state) {
    (void)state;
    options o;
    assert_int_equal(setenv("T_PORT", "81", 1) | setenv("T_DB_MAX_WAIT", "7s", 1), 0);
    assert_int_equal(edo_env_decode(&o, &options_desc, "T", NULL), 0);
    assert_int_equal(o.port, 81);
    assert_true(o.db.max_wait.ns == edo_s(7).ns);
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(setenv("T_DB_MAX_WAIT", "7", 1), 0);
    check_trail(edo_env_decode(&o, &options_desc, "T", NULL), -EDO_EVALUE,
                "T_DB_MAX_WAIT must be a duration such as 250ms, 5s or 1m30s");
    assert_int_equal(unsetenv("T_PORT") | unsetenv("T_DB_MAX_WAIT"), 0);
}

static void names_longer_than_their_room_are_no_variables(void **state) {
    (void)state;
    options o;
    char prefix[300] = { 0 };
    for (size_t n = 90; n < sizeof prefix; n += 30) {
        memset(prefix, 'p', n);
        assert_int_equal(edo_env_decode(&o, &options_desc, prefix, NULL), 0);
        assert_int_equal(o.port, 80);
        edo_value_deinit(&o, &options_desc);
    }
}

/* ---- Optional structs ------------------------------------------------------------------------ */

typedef struct proxy {
    edo_str host;
    uint16_t port;
} proxy;
typedef struct client {
    proxy via;
    bool has_via;
} client;
EDO_DESCRIBE(proxy, EDO_FIELD(proxy, host), EDO_FIELD(proxy, port, .preset = "3128"))
EDO_DESCRIBE(client,
             EDO_FIELD_OF(client, via, proxy_desc, .optional = true, EDO_HAS(client, has_via)))

static void an_optional_struct_is_there_if_one_of_its_fields_is(void **state) {
    (void)state;
    client c;
    assert_int_equal(edo_query_decode(&c, &client_desc, EDO_STR("x=1"), NULL), 0);
    assert_false(c.has_via);
    edo_value_deinit(&c, &client_desc);
    assert_int_equal(edo_query_decode(&c, &client_desc, EDO_STR("via.host=h"), NULL), 0);
    assert_true(c.has_via && c.via.port == 3128 && edo_str_equal(c.via.host, EDO_STR("h")));
    edo_value_deinit(&c, &client_desc);
    check_trail(edo_query_decode(&c, &client_desc, EDO_STR("via.port=1"), NULL), -EDO_EVALUE,
                "\"via.host\" is missing");
}

/* ---- Queries, forms, paths ------------------------------------------------------------------- */

typedef struct query {
    edo_str q;
    uint32_t page;
    edo_str *tags;
    size_t tags_n;
    bool all;
} query;
EDO_DESCRIBE(query, EDO_FIELD(query, q), EDO_FIELD(query, page, .preset = "1", .max = 100),
             EDO_FIELD_LIST(query, tags, tags_n, .max_len = 4), EDO_FIELD(query, all))

static void query_is_decoded_into_its_fields(void **state) {
    (void)state;
    edo_arena arena = { 0 };
    const edo_config_opts opts = { .arena = &arena };
    query q;
    const edo_str text = EDO_STR("q=a%20b+c%2B%C3%A9&tags=x&unknown=1&&tags=&all=on&p%61ge=7&flag");
    assert_int_equal(edo_query_decode(&q, &query_desc, text, &opts), 0);
    assert_true(edo_str_equal(q.q, EDO_STR("a b c+\xc3\xa9")));
    assert_int_equal(q.page, 7);
    assert_int_equal(q.tags_n, 2);
    assert_true(edo_str_equal(q.tags[0], EDO_STR("x")) && q.tags[1].len == 0);
    assert_true(q.all);
    assert_int_equal(edo_form_decode(&q, &query_desc, EDO_STR("q="), &opts), 0);
    assert_int_equal(q.page, 1);
    edo_arena_deinit(&arena);
}

static void wrong_query_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "", "\"q\" is missing" },
        { "q=x&tags=&tags=&tags=&tags=&tags=", "\"tags\" must have at most 4 elements" },
        { "q=x&page=x", "\"page\" must be a whole number" },
        { "q=x&page=101", "\"page\" must be at most 100" },
        { "q=x&page=+", "\"page\" must be a whole number" },
        { "q=%ff", "\"q\" must be UTF-8" },
        { "q=x&tags=\xc3\xa9&tags=\xc3", "\"tags\" must be UTF-8" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        query q;
        check_trail(edo_query_decode(&q, &query_desc, edo_str_of(rows[i].text), NULL), -EDO_EVALUE,
                    rows[i].says);
    }
}

typedef enum order { ORDER_UP, ORDER_DOWN } order;
EDO_DESCRIBE_ENUM(order, EDO_UNIT(ORDER_UP, "up"), EDO_UNIT(ORDER_DOWN, "down"))

typedef struct search {
    edo_str q, to;
    int64_t id, from, page;
    bool has_from, has_to, has_order, all;
    order order;
    edo_duration max;
    double *near;
    int64_t *ids;
    size_t ids_n;
} search;
EDO_DESCRIBE(search, EDO_FIELD(search, q),
             EDO_FIELD(search, to, .optional = true, EDO_HAS(search, has_to)),
             EDO_FIELD(search, id),
             EDO_FIELD(search, from, .optional = true, EDO_HAS(search, has_from)),
             EDO_FIELD(search, page, .preset = "1"), EDO_FIELD(search, all),
             EDO_FIELD_OF(search, order, order_desc, .optional = true, EDO_HAS(search, has_order)),
             EDO_FIELD(search, max, .preset = "5s"), EDO_FIELD_PTR(search, near, .optional = true),
             EDO_FIELD_LIST(search, ids, ids_n))

/* Browsers send each input of a form, also the empty ones. */
static void input_that_was_left_empty_is_missing(void **state) {
    const edo_str text =
        EDO_STR("q=&to=&id=7&from=&page=&all=&order=&max=&near=&ids=&ids=3&ids=&from=&page=");
    (void)state;
    for (int i = 0; i < 2; i++) {
        edo_arena arena = { 0 };
        const edo_config_opts opts = { .arena = i ? &arena : NULL };
        search s;
        assert_int_equal(edo_form_decode(&s, &search_desc, text, &opts), 0);
        assert_true(s.q.ptr && s.q.len == 0 && s.has_to && s.to.len == 0); // nothing is a text
        assert_true(!s.has_from && s.from == 0 && s.page == 1 && !s.all && !s.has_order);
        assert_true(s.max.ns == edo_s(5).ns && !s.near && s.ids_n == 1 && s.ids[0] == 3);
        if (!i) edo_value_deinit(&s, &search_desc);
        edo_arena_deinit(&arena);
        check_trail(edo_query_decode(&s, &search_desc, EDO_STR("q=&id="), &opts), -EDO_EVALUE,
                    "\"id\" must be a whole number");
    }
}

/* WHATWG URL, section 5.1: any bytes are a query, whoever has added some on the way. */
static void percent_sign_without_two_digits_means_itself(void **state) {
    (void)state;
    static const struct {
        const char *text, *q;
    } rows[] = {
        { "q=x&utm_content=50%off", "x" },    { "%=1&a%ff%0a=%zz&q=%&%=%", "%" },
        { "q=50%off&%00%c3%a9=%", "50%off" }, { "q=%2", "%2" },
        { "q=%%41%4+%4%31", "%A%4 %41" },
    };
    for (size_t i = 0; i < 2 * EDO_COUNT(rows); i++) {
        edo_arena arena = { 0 };
        const edo_config_opts opts = { .arena = i % 2 ? &arena : NULL };
        query q;
        assert_int_equal(edo_query_decode(&q, &query_desc, edo_str_of(rows[i / 2].text), &opts), 0);
        assert_true(edo_str_equal(q.q, edo_str_of(rows[i / 2].q)));
        if (i % 2 == 0) edo_value_deinit(&q, &query_desc);
        edo_arena_deinit(&arena);
    }
}

static void parts_of_a_path_are_fields(void **state) {
    (void)state;
    query q;
    edo_param params[] = { { EDO_STR("q"), EDO_STR("a%20+") }, { EDO_STR("page"), EDO_STR("9") } };
    assert_int_equal(edo_params_decode(&q, &query_desc, params, 2, NULL), 0);
    assert_true(edo_str_equal(q.q, EDO_STR("a%20+"))); // the router has decoded it
    assert_int_equal(q.page, 9);
    edo_value_deinit(&q, &query_desc);
    params[1].text = EDO_STR("101");
    check_trail(edo_params_decode(&q, &query_desc, params, 2, NULL), -EDO_EVALUE,
                "\"page\" must be at most 100");
}

/* ---- All sources ----------------------------------------------------------------------------- */

static char file[] = "/tmp/edo-config-XXXXXX";

static void write_file(const char *text) {
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static int load(options *o, char *const *argv, edo_buf *sources) {
    int argc = 0;
    while (argv[argc]) argc++;
    const edo_config_opts opts = {
        .env_prefix = "T", .file = file, .file_field = "config", .sources = sources
    };
    return edo_config_load(o, &options_desc, argc, argv, &opts);
}

static void stronger_source_wins_and_each_value_has_its_source(void **state) {
    (void)state;
    char line[512];
    options o;
    edo_buf sources = { 0 };
    write_file("{\n  \"port\": 1000, \"verbose\": true,\n  \"tag\": [\"x\", \"y\"],\n"
               "  \"db\": { \"host\": \"h\", \"password\": \"p\",\n \"max_wait\": \"1s\" },\n"
               "  \"size\": [3, 4], \"share\": 0.5, \"log\": \"high\", \"color\": null }\n");
    assert_int_equal(setenv("T_PORT", "81", 1) | setenv("T_DB_HOST", "env", 1), 0);
    char *const argv[] = { (char[]){ "prog" }, (char[]){ "--port=82" }, (char[]){ "-tz" }, NULL };
    assert_int_equal(load(&o, argv, &sources), 0);
    assert_int_equal(o.port, 82);
    assert_true(o.verbose && o.color);
    assert_int_equal(o.tags_n, 1);
    assert_true(edo_str_equal(o.db.host, EDO_STR("env")));
    assert_string_equal(o.db.password, "p");
    assert_true(o.size[1] == 4 && o.share == 0.5 && o.log == LEVEL_HIGH);
    (void)snprintf(line, sizeof line,
                   "port = 82 (--port)\nverbose = true (%s:2:28)\ncolor = true (preset)\n"
                   "log = high (%s:6:40)\ntag = z (--tag)\nsize = 3, 4 (%s:6:15)\n"
                   "share = 0.5 (%s:6:28)\ndb.host = env (T_DB_HOST)\ndb.max_wait = 1s (%s:5:14)\n"
                   "db.password = *** (%s:4:36)\nconfig =  (not set)\nfrom = here (preset)\n"
                   "to =  (not set)\n",
                   file, file, file, file, file, file);
    assert_int_equal(edo_buf_append(&sources, "", 1), 0);
    assert_string_equal(sources.ptr, line);
    edo_buf_deinit(&sources);
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(unsetenv("T_PORT") | unsetenv("T_DB_HOST"), 0);
}

static void a_line_end_in_a_value_makes_no_line_of_sources(void **state) {
    (void)state;
    options o;
    edo_buf sources = { 0 };
    write_file("{}");
    char *const argv[] = { (char[]){ "prog" }, (char[]){ "--tag=a\nport = 1 (--port)\xff" }, NULL };
    assert_int_equal(setenv("T_DB_PASSWORD", "p", 1), 0);
    assert_int_equal(load(&o, argv, &sources), 0);
    assert_int_equal(edo_buf_append(&sources, "", 1), 0);
    assert_non_null(strstr(sources.ptr, "\ntag = a\\nport = 1 (--port)\\xff (--tag)\n"));
    edo_buf_deinit(&sources);
    edo_value_deinit(&o, &options_desc);
    assert_int_equal(unsetenv("T_DB_PASSWORD"), 0);
}

static void wrong_file_is_named_with_line_and_column(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
        int code;
    } rows[] = {
        { "{\n \"port\": 65001}", ":2:10: \"port\" must be at most 65000", -EDO_EVALUE },
        { "{\"port\": \"80\"}", ":1:10: \"port\" must be a number", -EDO_EVALUE },
        { "{\"verbose\": 1}", ":1:13: \"verbose\" must be true or false", -EDO_EVALUE },
        { "{\"log\": 1}", ":1:9: \"log\" must be a text", -EDO_EVALUE },
        { "{\"db\": {\"host\":\n\"\"}}", ":2:1: \"db.host\" must have at least 1 byte",
          -EDO_EVALUE },
        { "{\"db\": {\"hots\": 1}}", ":1:17: \"db.hots\" is unknown", -EDO_EVALUE },
        { "{\"x\": {\"hots\": 1}}", ":1:7: \"x\" is unknown", -EDO_EVALUE },
        { "{\"db\": 1}", ":1:8: \"db\" is unknown", -EDO_EVALUE },
        { "{\"port\": [1]}", ":1:10: \"port\" must not be a list", -EDO_EVALUE },
        { "{\"port\": {}}", ":1:10: \"port\" must not be an object", -EDO_EVALUE },
        { "{\"tag\": [[]]}", ":1:10: \"tag\" must be a list of single values", -EDO_EVALUE },
        { "{\"tag\": [\"a\",\"b\",\"c\"]}", ":1:18: \"tag\" must have at most 2 elements",
          -EDO_EVALUE },
        { "{\"port\\u0000\": 1}", ":1:2: \"port\" is unknown", -EDO_EVALUE },
        { "{\"\": {\"port\": 1}}", ":1:2: \"\" is unknown", -EDO_EVALUE },
        { "[]", " must have an object", -EDO_EVALUE },
    };
    char *const argv[] = { (char[]){ "prog" }, NULL };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        options o;
        char says[256];
        write_file(rows[i].text);
        (void)snprintf(says, sizeof says, "%s%s", file, rows[i].says);
        check_trail(load(&o, argv, NULL), rows[i].code, says);
    }
}

static void a_value_that_is_replaced_is_checked_nevertheless(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        { "{\n \"port\": 65001}", ":2:10: \"port\" must be at most 65000" },
        { "{\"port\": true}", ":1:10: \"port\" must be a number" },
        { "{\"tag\": [\"a\", \"b\", \"c\"]}", ":1:9: \"tag\" must have at most 2 elements" },
        { "{\"size\": [1]}", ":1:10: \"size\" must have 2 elements" },
        { "{\"size\": [1, 40000]}", ":1:14: \"size\" must be at most 32767" },
        { "{\"db\": {\"host\": \"\"}}", ":1:17: \"db.host\" must have at least 1 byte" },
    };
    char *const argv[] = { (char[]){ "prog" },
                           (char[]){ "--port=82" },
                           (char[]){ "-tz" },
                           (char[]){ "--size=1" },
                           (char[]){ "--size=2" },
                           (char[]){ "--db-host=h" },
                           NULL };
    options o;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char says[256];
        write_file(rows[i].text);
        (void)snprintf(says, sizeof says, "%s%s", file, rows[i].says);
        check_trail(load(&o, argv, NULL), -EDO_EVALUE, says);
    }
    write_file("{\"port\": 7, \"tag\": [\"a\"], \"db\": {\"host\": \"x\"}, \"size\": [3, 4]}");
    assert_int_equal(load(&o, argv, NULL), 0);
    assert_true(o.port == 82 && o.tags_n == 1 && o.size[0] == 1 && o.size[1] == 2);
    assert_true(edo_str_equal(o.tags[0], EDO_STR("z")) && edo_str_equal(o.db.host, EDO_STR("h")));
    edo_value_deinit(&o, &options_desc);
}

static void of_a_name_that_a_file_has_twice_the_last_stands(void **state) {
    (void)state;
    char *const argv[] = { (char[]){ "prog" }, NULL };
    options o;
    write_file("{\"tag\": [\"a\", \"b\"], \"size\": [1, 2], \"port\": 5, \"tag\": [\"c\"],"
               " \"size\": [3, 4], \"port\": 6}");
    assert_int_equal(load(&o, argv, NULL), 0);
    assert_true(o.tags_n == 1 && edo_str_equal(o.tags[0], EDO_STR("c")));
    assert_true(o.size[0] == 3 && o.size[1] == 4 && o.port == 6);
    edo_value_deinit(&o, &options_desc);
}

/* ---- What only a file sets ------------------------------------------------------------------- */

enum { OUT_NONE, OUT_PATH, OUT_PEER };
typedef struct output {
    int kind;
    union {
        edo_str path;
        proxy peer;
    } u;
} output;
EDO_DESCRIBE_UNION(output, kind, EDO_UNIT(OUT_NONE, "none"),
                   EDO_FIELD(output, u.path, EDO_AS("path"), .tag = OUT_PATH, .min_len = 1),
                   EDO_FIELD_OF(output, u.peer, proxy_desc, EDO_AS("peer"), .tag = OUT_PEER))

typedef struct gateway {
    proxy *servers;
    size_t servers_n;
    output out, trace;
    proxy *spare;
    output *outs;
    size_t outs_n;
    uint16_t port;
} gateway;
EDO_DESCRIBE(gateway,
             EDO_FIELD_LIST_OF(gateway, servers, servers_n, proxy_desc, .min_len = 1, .max_len = 3),
             EDO_FIELD_OF(gateway, out, output_desc),
             EDO_FIELD_OF(gateway, trace, output_desc, .preset = "none"),
             EDO_FIELD_PTR_OF(gateway, spare, proxy_desc, .optional = true),
             EDO_FIELD_LIST_OF(gateway, outs, outs_n, output_desc, .secret = true),
             EDO_FIELD(gateway, port, .preset = "80"))

static int load_gateway(gateway *g, edo_arena *arena, edo_buf *sources) {
    char *const argv[] = { (char[]){ "prog" }, (char[]){ "--port=82" }, NULL };
    const edo_config_opts opts = { .file = file, .sources = sources, .arena = arena };
    return edo_config_load(g, &gateway_desc, 2, argv, &opts);
}

static void lists_of_structs_and_unions_come_from_a_file(void **state) {
    (void)state;
    char line[512];
    edo_arena arena = { 0 };
    write_file("{ \"out\": \"none\", \"servers\": [ {\"host\": \"old\"} ],\n"
               "  \"servers\": [ {\"host\": \"a\\n\"}, {\"port\": 7, \"host\": \"b\"} ],\n"
               "  \"out\": {\"peer\": {\"host\": \"p\"}}, \"spare\": {\"host\": \"s\"},\n"
               "  \"outs\": [ \"none\", {\"path\": \"/x\"} ] }");
    for (int way = 0; way < 2; way++) {
        gateway g;
        edo_buf sources = { 0 };
        assert_int_equal(load_gateway(&g, way ? &arena : NULL, &sources), 0);
        assert_true(g.servers_n == 2 && g.servers[0].port == 3128 && g.servers[1].port == 7);
        assert_true(edo_str_equal(g.servers[0].host, EDO_STR("a\n")));
        assert_true(g.out.kind == OUT_PEER && edo_str_equal(g.out.u.peer.host, EDO_STR("p")));
        assert_true(g.trace.kind == OUT_NONE && g.spare && g.spare->port == 3128 && g.port == 82);
        assert_true(g.outs_n == 2 && g.outs[1].kind == OUT_PATH);
        (void)snprintf(
            line, sizeof line,
            "servers = { host: \"a\\n\", port: 3128 }, { host: \"b\", port: 7 } (%s:2:14)\n"
            "out = { peer: { host: \"p\", port: 3128 } } (%s:3:10)\n"
            "trace = { none } (preset)\n"
            "spare = { host: \"s\", port: 3128 } (%s:3:44)\nouts = *** (%s:4:11)\n"
            "port = 82 (--port)\n",
            file, file, file, file);
        assert_int_equal(edo_buf_append(&sources, "", 1), 0);
        assert_string_equal(sources.ptr, line);
        edo_buf_deinit(&sources);
        if (way == 0) edo_value_deinit(&g, &gateway_desc);
    }
    edo_arena_deinit(&arena);
}

static void what_is_wrong_in_them_is_named_with_its_place(void **state) {
    (void)state;
#define SERVERS "\"servers\": [{\"host\": \"h\"}]"
    static const struct {
        const char *text, *says;
        int code;
    } rows[] = {
        { "{\"servers\": [{\"host\": \"h\"},\n {\"host\": 5}]}",
          ":2:11: \"servers[1].host\" must be a string", -EDO_EVALUE },
        { "{\"servers\": [{\"host\": \"h\", \"prot\": 1}]}",
          ":1:28: \"servers[0].prot\" is not known", -EDO_EVALUE },
        { "{\"servers\": [{}]}", ":1:14: \"servers[0].host\" is missing", -EDO_EVALUE },
        { "{\"servers\": []}", ":1:13: \"servers\" must have at least 1 element", -EDO_EVALUE },
        { "{\"servers\": 5}", ":1:13: \"servers\" must be an array", -EDO_EVALUE },
        { "{" SERVERS ", \"out\": \"nowhere\"}", ":1:37: \"out\" must be none, path or peer",
          -EDO_EVALUE },
        { "{" SERVERS ", \"out\": {\"path\": \"\"}}",
          ":1:46: \"out.path\" must have at least 1 byte", -EDO_EVALUE },
        { "{" SERVERS "}", "\"out\" is missing", -EDO_EVALUE },
        { "{\"out\": \"none\"}", "\"servers\" must have at least 1 element", -EDO_EVALUE },
        { "{\"servers\": [{\"host\": \"h\",}]}", ":1:27: a name is expected here", -EDO_EJSON },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        gateway g;
        char says[256];
        write_file(rows[i].text);
        (void)snprintf(says, sizeof says, "%s%s", *rows[i].says == ':' ? file : "", rows[i].says);
        check_trail(load_gateway(&g, NULL, NULL), rows[i].code, says);
        assert_true(g.servers == NULL && g.out.kind == 0);
    }
}

typedef struct vault {
    proxy in;
    edo_str note;
} vault;
EDO_DESCRIBE(vault, EDO_FIELD_OF(vault, in, proxy_desc, .secret = true), EDO_FIELD(vault, note))

static void what_is_in_a_secret_struct_is_secret(void **state) {
    (void)state;
    char want[512], *help = NULL;
    size_t help_n = 0;
    edo_arena arena = { 0 };
    edo_buf sources = { 0 };
    vault v;
    write_file("{\"in\": {\"host\": \"h1dden\"}, \"note\": \"n\"}");
    edo_config_opts opts = { .file = file, .sources = &sources, .arena = &arena };
    assert_int_equal(edo_config_load(&v, &vault_desc, 0, NULL, &opts), 0);
    assert_int_equal(edo_buf_append(&sources, "", 1), 0);
    (void)snprintf(want, sizeof want,
                   "in.host = *** (%s:1:17)\nin.port = *** (preset)\nnote = n (%s:1:36)\n", file,
                   file);
    assert_string_equal(sources.ptr, want);
    char *const argv[] = { (char[]){ "prog" }, (char[]){ "--help" }, NULL };
    opts.out = open_memstream(&help, &help_n);
    assert_true(edo_args_decode(&v, &vault_desc, 2, argv, &opts) != 0);
    assert_int_equal(fclose(opts.out), 0);
    assert_true(strstr(help, "(***)") && !strstr(help, "3128"));
    free(help);
    edo_buf_deinit(&sources);
    edo_arena_deinit(&arena);
}

static void text_that_is_not_json_is_refused_with_its_place(void **state) {
    (void)state;
    static const char *const texts[] = { "{\n\"port\": 1,}", "", "{", "{\"port\": 1} x" };
    char *const argv[] = { (char[]){ "prog" }, NULL };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        options o;
        char text[512];
        write_file(texts[i]);
        int err = load(&o, argv, NULL);
        (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        assert_int_equal(err, -EDO_EJSON);
        assert_memory_equal(text, file, strlen(file));
        assert_true(text[strlen(file)] == ':' && text[strlen(file) + 2] == ':');
    }
}

static void file_may_be_missing_unless_it_is_asked_for(void **state) {
    (void)state;
    options o;
    (void)unlink(file);
    char *const plain[] = { (char[]){ "prog" }, NULL };
    assert_int_equal(load(&o, plain, NULL), 0);
    assert_int_equal(o.port, 80);
    edo_value_deinit(&o, &options_desc);
    char *const asked[] = { (char[]){ "prog" }, (char[]){ "--config" }, (char[]){ "/none/such" },
                            NULL };
    check_trail(load(&o, asked, NULL), -ENOENT, "reading /none/such");
}

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(file);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state) {
    (void)state;
    (void)unlink(file);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_arguments_there_are_presets),
        cmocka_unit_test(every_form_of_an_option_is_read),
        cmocka_unit_test(what_looks_like_an_option_is_an_argument_behind_two_dashes),
        cmocka_unit_test(wrong_arguments_are_named_with_what_is_wanted),
        cmocka_unit_test(unknown_argument_is_told_by_its_place),
        cmocka_unit_test(help_comes_from_the_description),
        cmocka_unit_test(variables_have_the_prefix_and_capitals),
        cmocka_unit_test(names_longer_than_their_room_are_no_variables),
        cmocka_unit_test(an_optional_struct_is_there_if_one_of_its_fields_is),
        cmocka_unit_test(query_is_decoded_into_its_fields),
        cmocka_unit_test(wrong_query_is_refused_by_name),
        cmocka_unit_test(input_that_was_left_empty_is_missing),
        cmocka_unit_test(percent_sign_without_two_digits_means_itself),
        cmocka_unit_test(parts_of_a_path_are_fields),
        cmocka_unit_test(stronger_source_wins_and_each_value_has_its_source),
        cmocka_unit_test(a_line_end_in_a_value_makes_no_line_of_sources),
        cmocka_unit_test(wrong_file_is_named_with_line_and_column),
        cmocka_unit_test(a_value_that_is_replaced_is_checked_nevertheless),
        cmocka_unit_test(of_a_name_that_a_file_has_twice_the_last_stands),
        cmocka_unit_test(lists_of_structs_and_unions_come_from_a_file),
        cmocka_unit_test(what_is_wrong_in_them_is_named_with_its_place),
        cmocka_unit_test(what_is_in_a_secret_struct_is_secret),
        cmocka_unit_test(text_that_is_not_json_is_refused_with_its_place),
        cmocka_unit_test(file_may_be_missing_unless_it_is_asked_for),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
