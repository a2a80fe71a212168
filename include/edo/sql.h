/* SPDX-License-Identifier: MIT */
/* edo/sql.h: what edo/pg.h and edo/sqlite.h have in common: arguments of SQL statements, the
 * most rows of a list, and migrations.
 *
 *     edo_pg_exec(db, "update item set stock = stock - $2 where id = $1", EDO_SQL(item, n))
 *
 * A text of a user's reaches a statement as an argument, and never as a part of the statement.
 *
 * An argument is a bool, an integer, a float or double, a text (edo_str, char *), edo_bytes, an
 * edo_duration or an edo_wall. Which type a placeholder has is for the statement to say: texts
 * stand for numbers of any length, UUIDs, JSON and enums, too.
 *
 * SQL's null is what EDO_SQL_IF() makes of a value that is not there, and a text or bytes without a
 * pointer:
 *
 *     EDO_SQL(id, EDO_SQL_IF(has_age, age), EDO_SQL_IF(has_gone, gone))
 *
 * NULL by itself does not compile: of `has_age ? age : NULL` a compiler of C makes a pointer, and
 * so null whatever the age, and one of C++ a number, 0 for null. In C++, which must be
 * C++17 for EDO_SQL(), nullptr is null.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_SQL_H
#define EDO_SQL_H

#include <edo/value.h>

#ifdef __cplusplus
#    include <type_traits>
#endif

EDO_BEGIN_DECLS

/* What an argument is. */
typedef enum edo_sql_kind {
    EDO_SQL_NULL,
    EDO_SQL_BOOL,
    EDO_SQL_INT,
    EDO_SQL_UINT,
    EDO_SQL_DOUBLE,
    EDO_SQL_TEXT,
    EDO_SQL_BYTES,
    EDO_SQL_DURATION,
    EDO_SQL_TIME_US, /* microseconds since 1970, UTC */
    EDO_SQL_WALL,
} edo_sql_kind;

/* One argument: a number by value; of a text or bytes the pointer. */
typedef struct edo_sql_arg {
    union {
        bool boolean;
        int64_t integer; /* DURATION: nanoseconds */
        uint64_t whole;
        double number;
        edo_str text; /* TEXT, BYTES */
        edo_wall wall;
    } value;
    edo_sql_kind kind;
} edo_sql_arg;

/* The arguments of a statement, as EDO_SQL() and its like make them: they live until the end of the
 * call in which they stand. */
typedef struct edo_sql_args {
    const edo_sql_arg *args;
    size_t n;
    const void *value; /* or a struct, whose fields are the arguments, in order */
    const edo_desc *desc;
} edo_sql_args;

EDOI_INLINE edo_sql_arg edoi_sql_null(const void *value) {
    edo_sql_arg a = { { false }, EDO_SQL_NULL };
    (void)value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_bool(bool value) {
    edo_sql_arg a = { { false }, EDO_SQL_BOOL };
    a.value.boolean = value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_int(int64_t value) {
    edo_sql_arg a = { { false }, EDO_SQL_INT };
    a.value.integer = value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_uint(uint64_t value) {
    edo_sql_arg a = { { false }, EDO_SQL_UINT };
    a.value.whole = value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_double(double value) {
    edo_sql_arg a = { { false }, EDO_SQL_DOUBLE };
    a.value.number = value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_str(edo_str value) {
    edo_sql_arg a = { { false }, value.ptr ? EDO_SQL_TEXT : EDO_SQL_NULL };
    a.value.text = value;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_text(const char *value) {
    edo_str s = { value, value ? strlen(value) : 0 };
    return edoi_sql_str(s);
}
EDOI_INLINE edo_sql_arg edoi_sql_bytes(edo_bytes value) {
    edo_sql_arg a = { { false }, value.str.ptr ? EDO_SQL_BYTES : EDO_SQL_NULL };
    a.value.text = value.str;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_duration(edo_duration value) {
    edo_sql_arg a = { { false }, EDO_SQL_DURATION };
    a.value.integer = value.ns;
    return a;
}
EDOI_INLINE edo_sql_arg edoi_sql_wall(edo_wall value) {
    edo_sql_arg a = { { false }, EDO_SQL_WALL };
    a.value.wall = value;
    return a;
}
/* Never defined: no pointer is its argument, so that the compiler refuses it, by this name. */
edo_sql_arg edoi_sql_null_is_EDO_SQL_IF(edo_sql_arg value);
/* Another argument as it is: in a list beside plain values. */
EDOI_INLINE edo_sql_arg edoi_sql_same(edo_sql_arg value) {
    return value;
}

/** Returns an argument that is a time: microseconds since 1970, UTC; INT64_MAX and INT64_MIN are
 * infinity and -infinity. An edo_wall is an argument by itself. */
EDOI_INLINE edo_sql_arg edo_sql_time(int64_t us) {
    edo_sql_arg a = { { false }, EDO_SQL_TIME_US };
    a.value.integer = us;
    return a;
}

EDOI_INLINE edo_sql_args edoi_sql_args_of(const edo_sql_arg *args, size_t n, const void *value,
                                          const edo_desc *desc) {
    edo_sql_args all = { args, n, value, desc };
    return all;
}

EDO_END_DECLS

/* No arguments. */
#define EDO_SQL_NONE edoi_sql_args_of(NULL, 0, NULL, NULL)

/* The fields of the struct at `value`, which `desc` describes, in the order of the description: $1
 * is the first. One that is optional and not there is null; lists are arrays; structs are JSON. */
#define EDO_SQL_OF(value, desc) edoi_sql_args_of(NULL, 0, (value), (desc))

/* EDO_SQL(a, b, …): the arguments $1, $2 and so on, 16 at most.
 * EDO_SQL_IF(has, value): one of them that is null unless `has`, and evaluated only then: `has` may
 * be a pointer that `value` looks behind. */
#ifdef __cplusplus
#    define EDOI_SQL_OVERLOAD(type, maker)                                                         \
        EDOI_INLINE edo_sql_arg edoi_sql_arg_of(type value) {                                      \
            return maker(value);                                                                   \
        }
EDOI_SQL_OVERLOAD(bool, edoi_sql_bool)
EDOI_SQL_OVERLOAD(int, edoi_sql_int)
EDOI_SQL_OVERLOAD(long, edoi_sql_int)
EDOI_SQL_OVERLOAD(long long, edoi_sql_int)
EDOI_SQL_OVERLOAD(unsigned, edoi_sql_uint)
EDOI_SQL_OVERLOAD(unsigned long, edoi_sql_uint)
EDOI_SQL_OVERLOAD(unsigned long long, edoi_sql_uint)
EDOI_SQL_OVERLOAD(double, edoi_sql_double)
EDOI_SQL_OVERLOAD(const char *, edoi_sql_text)
EDOI_SQL_OVERLOAD(edo_str, edoi_sql_str)
EDOI_SQL_OVERLOAD(const edo_bytes &, edoi_sql_bytes)
EDOI_SQL_OVERLOAD(edo_duration, edoi_sql_duration)
EDOI_SQL_OVERLOAD(edo_wall, edoi_sql_wall)
EDOI_SQL_OVERLOAD(decltype(nullptr), edoi_sql_null)
EDOI_SQL_OVERLOAD(edo_sql_arg, edoi_sql_same)
#    undef EDOI_SQL_OVERLOAD
/* NULL is a number in C++, and `has ? n : NULL` is, too: so it is looked for in the text of those
 * arguments that are numbers, as a value or a branch of a choice. What a function or an initializer
 * gets is theirs, and so is a comparison. What is behind a raw literal is not looked at, nor a text
 * so long that compilers would refuse the loop. */
constexpr bool edoi_sql_is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
constexpr bool edoi_sql_is_null(const char *word, size_t n) {
    const char *const names[] = { "NULL", "__null" };
    for (const char *name : names) {
        size_t i = 0;
        while (i < n && name[i] == word[i]) i++;
        if (i == n && name[i] == '\0') return true;
    }
    return false;
}
/* Returns what is behind a literal in quotes, or behind brackets. */
constexpr const char *edoi_sql_behind_quotes(const char *at) {
    const char mark = *at++;
    for (; *at && *at != mark; at++)
        if (*at == '\\' && at[1]) at++;
    return *at ? at + 1 : at;
}
constexpr const char *edoi_sql_behind_brackets(const char *at) {
    for (int depth = 0; *at;) {
        if (*at == '"' || *at == '\'') {
            at = edoi_sql_behind_quotes(at);
            continue;
        }
        if (*at == '(' || *at == '[' || *at == '{') depth++;
        if (*at == ')' || *at == ']' || *at == '}') depth--;
        at++;
        if (depth == 0) break;
    }
    return at;
}
constexpr bool edoi_sql_is_end(const char *at) {
    while (*at == ' ') at++;
    return !*at || *at == ',' || *at == ':' || *at == ')';
}
/* Returns a bit for each argument that has NULL. */
constexpr unsigned edoi_sql_nulls_in(const char *at) {
    unsigned nulls = 0, one = 1;
    int depth = 0;
    char before = ','; // the last one that is no blank
    while (*at) {
        const bool begins = before == ',' || before == '?' || before == ':' || before == '(';
        if (*at == ' ') {
            at++;
        } else if (edoi_sql_is_word(*at)) {
            const char *word = at;
            const bool is_number = *at <= '9'; // with marks between its digits
            while (edoi_sql_is_word(*at) || (is_number && *at == '\'')) at++;
            if (*at == '"' && at[-1] == 'R') break;
            if (begins && edoi_sql_is_end(at) &&
                edoi_sql_is_null(word, static_cast<size_t>(at - word)))
                nulls |= one;
            before = 'a';
        } else if (*at == '"' || *at == '\'') {
            at = edoi_sql_behind_quotes(at);
            before = 'a';
        } else if (*at == '[' || *at == '{' || (*at == '(' && !begins)) {
            at = edoi_sql_behind_brackets(at);
            before = 'a';
        } else {
            depth += (*at == '(') - (*at == ')');
            if (*at == ',' && depth == 0) one <<= 1;
            before = *at++;
        }
    }
    return nulls;
}
template <size_t N> constexpr unsigned edoi_sql_nulls(const char (&text)[N]) {
    return N > 8192 ? 0 : edoi_sql_nulls_in(text);
}
template <size_t N> constexpr unsigned edoi_sql_bits(const bool (&bits)[N]) {
    unsigned all = 0;
    for (size_t i = 0; i < N && i < 32; i++) all |= static_cast<unsigned>(bits[i]) << i;
    return all;
}
template <unsigned Nulls, typename... Values> constexpr void edoi_sql_check() {
    constexpr bool are_numbers[] = { std::is_arithmetic<Values>::value..., false };
    constexpr unsigned numbers = edoi_sql_bits(are_numbers);
    static_assert((Nulls & numbers) == 0,
                  "NULL is the number 0 in C++: EDO_SQL_IF() is null, and nullptr");
}
template <unsigned Nulls, typename Value> edo_sql_arg edoi_sql_checked(const Value &value) {
    edoi_sql_check<Nulls, Value>();
    return edoi_sql_arg_of(value);
}
/* Lives until the end of the call in which it stands. */
template <size_t N> struct edoi_sql_list {
    edo_sql_arg args[N];
    operator edo_sql_args() const {
        return edoi_sql_args_of(args, N, nullptr, nullptr);
    }
};
template <unsigned Nulls, typename... Values>
edoi_sql_list<sizeof...(Values)> edoi_sql_list_of(const Values &...values) {
    edoi_sql_check<Nulls, Values...>();
    return { { edoi_sql_arg_of(values)... } };
}
#    define EDO_SQL(...) edoi_sql_list_of<edoi_sql_nulls("" #    __VA_ARGS__)>(__VA_ARGS__)
#    define EDO_SQL_IF(has, value)                                                                 \
        ((has) ? edoi_sql_checked<edoi_sql_nulls(#value)>(value) : edoi_sql_null(nullptr))
#else
#    define EDOI_SQL_ARG(value)                                                                    \
        _Generic((value), bool                                                                     \
                 : edoi_sql_bool, char                                                             \
                 : edoi_sql_int, signed char                                                       \
                 : edoi_sql_int, short                                                             \
                 : edoi_sql_int, int                                                               \
                 : edoi_sql_int, long                                                              \
                 : edoi_sql_int, long long                                                         \
                 : edoi_sql_int, unsigned char                                                     \
                 : edoi_sql_uint, unsigned short                                                   \
                 : edoi_sql_uint, unsigned                                                         \
                 : edoi_sql_uint, unsigned long                                                    \
                 : edoi_sql_uint, unsigned long long                                               \
                 : edoi_sql_uint, float                                                            \
                 : edoi_sql_double, double                                                         \
                 : edoi_sql_double, char *                                                         \
                 : edoi_sql_text, const char *                                                     \
                 : edoi_sql_text, edo_str                                                          \
                 : edoi_sql_str, edo_bytes                                                         \
                 : edoi_sql_bytes, edo_duration                                                    \
                 : edoi_sql_duration, edo_wall                                                     \
                 : edoi_sql_wall, void *                                                           \
                 : edoi_sql_null_is_EDO_SQL_IF, edo_sql_arg                                                      \
                 : edoi_sql_same)(value)
#    define EDO_SQL_IF(has, value) ((has) ? EDOI_SQL_ARG(value) : edoi_sql_null(NULL))
#    define EDOI_SQL_1(a)          EDOI_SQL_ARG(a)
#    define EDOI_SQL_2(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_1(__VA_ARGS__)
#    define EDOI_SQL_3(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_2(__VA_ARGS__)
#    define EDOI_SQL_4(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_3(__VA_ARGS__)
#    define EDOI_SQL_5(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_4(__VA_ARGS__)
#    define EDOI_SQL_6(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_5(__VA_ARGS__)
#    define EDOI_SQL_7(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_6(__VA_ARGS__)
#    define EDOI_SQL_8(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_7(__VA_ARGS__)
#    define EDOI_SQL_9(a, ...)     EDOI_SQL_ARG(a), EDOI_SQL_8(__VA_ARGS__)
#    define EDOI_SQL_10(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_9(__VA_ARGS__)
#    define EDOI_SQL_11(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_10(__VA_ARGS__)
#    define EDOI_SQL_12(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_11(__VA_ARGS__)
#    define EDOI_SQL_13(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_12(__VA_ARGS__)
#    define EDOI_SQL_14(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_13(__VA_ARGS__)
#    define EDOI_SQL_15(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_14(__VA_ARGS__)
#    define EDOI_SQL_16(a, ...)    EDOI_SQL_ARG(a), EDOI_SQL_15(__VA_ARGS__)
#    define EDOI_SQL_PICK(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,   \
                          list, ...)                                                               \
        list
#    define EDOI_SQL_EACH(...)                                                                     \
        EDOI_SQL_PICK(__VA_ARGS__, EDOI_SQL_16, EDOI_SQL_15, EDOI_SQL_14, EDOI_SQL_13,             \
                      EDOI_SQL_12, EDOI_SQL_11, EDOI_SQL_10, EDOI_SQL_9, EDOI_SQL_8, EDOI_SQL_7,   \
                      EDOI_SQL_6, EDOI_SQL_5, EDOI_SQL_4, EDOI_SQL_3, EDOI_SQL_2, EDOI_SQL_1, 0)   \
        (__VA_ARGS__)
#    define EDOI_SQL_COUNT(...)                                                                    \
        EDOI_SQL_PICK(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#    define EDO_SQL(...)                                                                           \
        edoi_sql_args_of((const edo_sql_arg[]){ EDOI_SQL_EACH(__VA_ARGS__) },                      \
                         EDOI_SQL_COUNT(__VA_ARGS__), NULL, NULL)
#endif

/* ---- Rows ------------------------------------------------------------------------------------ */

/* The most rows that edo_pg_query_all() and edo_sqlite_query_all() put into a list whose
 * description has no `max_len`. */
#define EDO_SQL_ROWS_MAX 10000u

/* ---- Migrations ------------------------------------------------------------------------------ */

/* A change of the tables, done once. A program has a list of them, which grows at its end, and does
 * what is new when it begins: edo_pg_migrate(), edo_sqlite_migrate(). */
typedef struct edo_migration {
    int64_t version;  /* above that of the one before it */
    const char *name; /* what it does */
    const char *sql;  /* one or several statements, which are done in a transaction, unless the
                         first line is "-- no-transaction" */
} edo_migration;

/* Options of migrations; all zero is the default. */
typedef struct edo_migrate_opts {
    const char *table;    /* the one with what was done, a name of at most 63 bytes; NULL:
                             "_edo_migrations" */
    bool ignore_missing;  /* what was done and is not in the list is no error */
    bool dry_run;         /* nothing is done, nor is the table made: how many would be? */
    uint64_t reserved[4]; /* must be 0 */
} edo_migrate_opts;

#endif
