/* SPDX-License-Identifier: MIT */
/* edo/json.h: JSON (RFC 8259), strictly: to and from structs, as events, as a tree, and written.
 *
 *   edo_json_decode   a described struct (edo/value.h) from a text, with no tree between
 *   edo_json_encode   and back; edo_json_encode_reply without secrets; edo_json_print for people
 *   edo_json_reader   one piece of the text after another, from memory or from a stream that may be
 *                     larger than memory
 *   edo_json_value    the whole text as a tree, for what has no description
 *   edo_json_writer   appends to a buffer
 *
 * A text is UTF-8 without a byte order mark; strings are UTF-8, so half a surrogate pair is
 * refused. Integers of 64 bits are exact, and a double is the nearest to the decimal text. A number
 * without fraction and exponent that is outside 64 bits, or one that is outside the range of
 * doubles, is kept as it is written (EDO_JSON_NUMBER). -0 is a double. A number too small for a
 * double is 0.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_JSON_H
#define EDO_JSON_H

#include <edo/bytes.h>
#include <edo/error.h>
#include <edo/io.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

#define EDO_JSON_DEPTH_MAX 1024 /* of arrays and objects in one another, for any option */

/* Why a text was refused, and where. */
typedef struct edo_json_error {
    uint64_t offset;       /* in bytes, from 0 */
    uint64_t line, column; /* from 1; a column is a character */
    char text[EDO_TRAIL_TEXT_MAX];
} edo_json_error;

/* All zero: the defaults. */
typedef struct edo_json_opts {
    uint32_t depth_max; /* arrays and objects in one another; 0: 512; at most EDO_JSON_DEPTH_MAX */
    size_t bytes_max;   /* of a text in memory; of one piece that a stream has; 0: no limit, and of
                           a stream's 1 MiB */
    edo_json_error *error;  /* yours, filled when the text is refused; NULL: only the trail says */
    edo_arena *arena;       /* of what is decoded; NULL: the heap, see edo_value_deinit(). Its
                              `bytes_max` bounds what a text of a peer may take: `{},` is one more
                              struct of a list, however large that is */
    bool borrows;           /* decoded edo_str point into the text if they can; needs an arena */
    bool refuses_unknown;   /* a member that is not described is an error; else it is skipped */
    edo_faults *faults;     /* yours: gets all fields that are not as described, if it is a text of
                              JSON; NULL: only the first is told. Of edo_json_decode_with() alone */
    uint32_t times_max;     /* bytes that lists, pointers and trees may take for each byte of the
                              text, and 64 KiB: -EMSGSIZE beyond; also on the heap, which has no
                              `bytes_max`. 0: no limit */
    uint32_t reserved_word; /* must be 0 */
    uint64_t reserved[2];   /* must be 0 */
} edo_json_opts;

#define EDO_JSON_TIMES_FREE 65536u /* bytes that may be taken whatever the length */

/* What a value is. Above EDO_JSON_OBJECT: the other pieces of a text. */
typedef enum edo_json_kind {
    EDO_JSON_NULL,
    EDO_JSON_BOOL,
    EDO_JSON_INT,    /* an integer in the range of int64_t */
    EDO_JSON_UINT,   /* an integer above it, in the range of uint64_t */
    EDO_JSON_DOUBLE, /* a number with fraction or exponent; -0 */
    EDO_JSON_NUMBER, /* a number that none of them holds, as it is written */
    EDO_JSON_STRING,
    EDO_JSON_ARRAY, /* of a reader: it begins */
    EDO_JSON_OBJECT,
    EDO_JSON_ARRAY_END,
    EDO_JSON_OBJECT_END,
    EDO_JSON_NAME /* of a member, whose value follows */
} edo_json_kind;

/* ---- Structs --------------------------------------------------------------------------------- */

/** Decodes a text into the struct at `out`, which `desc` describes. Whatever `out` held is
 * overwritten, not given back.
 *
 * A struct is an object, a list an array, an enum one of its names as a string. A union is an
 * object with one member, the name and the value of what it is, or, if that is nothing but a name,
 * a string. An edo_wall is a string of RFC 3339, "2026-11-27T15:04:05Z"; a duration one of ISO
 * 8601, "PT1M30S", or "1m30s"; bytes are base64. A member that is not described is skipped, though
 * checked; of several with the same name the last stands. A field that is not optional and has no
 * preset must be there. null is allowed for an optional field, and is as if it was not there. All
 * that the description demands is checked.
 * Owns:    fills `out`: edo_value_deinit(). After a failure it is all zero. Copies: `text` is not
 *          needed after it.
 * Errors:  -EDO_EJSON    it is not JSON, or not as described; the trail says where and what:
 *                        line 12, column 8: "servers[2].port" must be at most 65535
 *          -ENOMEM
 *          -EDO_EVALUE   a preset of the description is no value of its field
 *          -ENOTSUP      a struct has more than 256 fields
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_json_decode(void *out, const edo_desc *desc, edo_str text);

/** As edo_json_decode(), with options. With an arena the struct is given up with it, not by
 * edo_value_deinit(). If it borrows, an edo_str whose text has no escapes points into `text`.
 * Owns:    fills `out`; borrows `text` as said, as long as `out` is used.
 * Errors:  as edo_json_decode(); -EINVAL  an option is out of its range
 *          -EDO_ETOOLONG  the text is longer than bytes_max
 *          -EMSGSIZE      what it says would take more memory than times_max allows
 *          -EDO_EMISUSE   `borrows` without an arena
 * Threads: any, at once; an arena one at a time. */
EDO_MUST_USE EDO_API int edo_json_decode_with(void *out, const edo_desc *desc, edo_str text,
                                              const edo_json_opts *opts);

/** Appends the value at `value`, which `desc` describes, to `out`, as edo_json_decode() reads it.
 * Optional fields that are not there are left out; as what a union is they are null. Secrets are
 * written as they are.
 * Errors:  -EDO_EJSON  a text is not UTF-8, a number infinite or not a number, a tag not described,
 *                      or a pointer that is not optional NULL; the trail says of which field
 *          -ENOMEM
 *          `out` is then as it was.
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_json_encode(edo_buf *out, const void *value, const edo_desc *desc);

/** As edo_json_encode(), for whoever asks a program, as edo_web_reply_json() writes it: for a body
 * that is kept, or a frame for many sockets. Secrets without the option `reply` are left out:
 * fields, entries of a map, elements and fields that are a union whose value is a secret. A union
 * that is the whole value has null in its place, as one in a union has.
 * Errors:  as edo_json_encode()
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_json_encode_reply(edo_buf *out, const void *value,
                                               const edo_desc *desc);

/* ---- Piece by piece -------------------------------------------------------------------------- */

/* One piece of a text. */
typedef struct edo_json_token {
    edo_json_kind kind;
    edo_str text; /* the characters of a string or name; a number as it is written */
    union {
        bool is_true; /* BOOL */
        int64_t i;    /* INT */
        uint64_t u;   /* UINT */
        double d;     /* DOUBLE; of a NUMBER the nearest, or an infinity */
    };
} edo_json_token;

/* You place it. Fields are edo's. */
typedef struct edo_json_reader {
    const char *begin, *at, *end; /* of what is in memory */
    edo_stream *stream;           /* NULL: the text is in memory */
    char *buf;                    /* of a stream: from `begin`, which moves */
    size_t buf_bytes;
    char *unescaped; /* the last string that had escapes */
    size_t unescaped_bytes;
    uint64_t gone_bytes, gone_lines, gone_columns; /* before `begin` */
    const char *keep; /* from here on the text is needed again; NULL: from `at` */
    edo_json_opts opts;
    uint64_t levels[EDO_JSON_DEPTH_MAX / 64]; /* bit n: level n is an object */
    uint32_t depth;
    int failed;    /* the error that ended it */
    uint8_t state; /* what may follow */
    bool at_end;   /* the stream has no more */
    bool keeps;    /* `keep` is to be set at the next value */
} edo_json_reader;

/** Makes a reader of a text in memory. It reads all of it, and refuses anything but blanks after
 * the value.
 * Owns:    borrows `text` until edo_json_reader_deinit(); copies `opts`, NULL: defaults.
 * Errors:  -EDO_ETOOLONG  longer than bytes_max
 *          -EINVAL        an option is out of its range */
EDO_MUST_USE EDO_API int edo_json_reader_init(edo_json_reader *self, edo_str text,
                                              const edo_json_opts *opts);

/** As edo_json_reader_init(), of the text that a stream has up to its end. At most about
 * `bytes_max` bytes are in memory: the longest string, name or number, with its quotes.
 * Owns:    shares `s` until edo_json_reader_deinit(); copies `opts`, NULL: defaults.
 * Errors:  -EINVAL  an option is out of its range */
EDO_MUST_USE EDO_API int edo_json_reader_init_stream(edo_json_reader *self, edo_stream *s,
                                                     const edo_json_opts *opts);

/** Ends a reader. Allowed also after a failed init, or twice. */
EDO_API void edo_json_reader_deinit(edo_json_reader *self);

/** Reads the next piece: 1 with the piece in `*token`, 0 at the end of the text. A piece is
 * returned as soon as it is whole, but a number only with the byte behind it.
 * Owns:    `token->text` is borrowed from the reader until its next call.
 * Errors:  -EDO_EJSON     the text is not JSON, or too deep; the trail says where and why
 *          -EDO_ETOOLONG  a piece of a stream is longer than bytes_max
 *          -ENOMEM        nothing was read: call again
 *          else those of the stream: see edo_read(); after -ECANCELED, too, call again
 *          An error of the text is returned by all later calls, too.
 * Cancel: safe: nothing is lost.   Waits: for input, of a stream. */
EDO_MUST_USE EDO_API int edo_json_reader_next(edo_json_reader *self, edo_json_token *token);

/** Skips what was begun by the piece that was read last: after EDO_JSON_ARRAY or EDO_JSON_OBJECT
 * all up to its end, after EDO_JSON_NAME the value, else nothing.
 * Errors:  as edo_json_reader_next(); after -ENOMEM or an error of the stream it is not known what
 *          was skipped.
 * Cancel: not safe, as after an error of the stream.   Waits: for input, of a stream. */
EDO_MUST_USE EDO_API int edo_json_reader_skip(edo_json_reader *self, const edo_json_token *last);

/** Decodes the next value, an element of an array or what belongs to a name, into the struct at
 * `out`: 1; 0 at the end of the array. So an array larger than memory is read element by element.
 * Arena and `refuses_unknown` are those of the reader's options.
 * Owns:    as edo_json_decode(); nothing is borrowed.
 * Errors:  as edo_json_reader_next() and edo_json_decode(); -EDO_ETOOLONG  the text of the value is
 *          longer than bytes_max
 *          -EDO_EMISUSE  no value can follow here
 * Cancel:  not safe, as after an error of the stream: the value is lost.
 * Waits:   for input, of a stream. */
EDO_MUST_USE EDO_API int edo_json_reader_decode(edo_json_reader *self, void *out,
                                                const edo_desc *desc);

/* ---- As a tree ------------------------------------------------------------------------------- */

/* A value: the root of a tree, or a part of it. It does not change: any number of threads may read
 * it. */
typedef struct edo_json_value edo_json_value;

/** Reads a text into a tree. Members keep their order. Of several with the same name the last value
 * stands, in the place of the first, as in JavaScript.
 *
 * A tree takes 32 bytes for each value and member, and as many as the text has: at most 17 times
 * the text ("[0,0,0]"), and while it is read 33 times.
 * Owns:    returns new: edo_json_value_free(). Copies: `text` is not needed after it.
 * Errors:  -EDO_EJSON     it is not JSON, or too deep; the trail says where and why
 *          -EDO_ETOOLONG  longer than bytes_max, or than 4 GiB
 *          -EMSGSIZE      it would take more than times_max allows, while it is read
 *          -ENOMEM; -EINVAL  an option is out of its range
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_json_value_parse(edo_json_value **out, edo_str text,
                                              const edo_json_opts *opts);

/** Frees a tree by its root. NULL is allowed.
 * Owns: takes the whole tree.   Threads: any. */
EDO_API void edo_json_value_free(edo_json_value *root);

/** Returns what a value is; of NULL, which stands for a value that is not there, EDO_JSON_NULL.
 * Threads: any, at once. */
EDO_API edo_json_kind edo_json_value_kind(const edo_json_value *v);

/** Returns the first element of an array or member of an object, NULL if there is none; and the one
 * that follows an element or member, NULL after the last.
 * Owns: borrows from the tree.   Threads: any, at once. */
EDO_API const edo_json_value *edo_json_value_first(const edo_json_value *v);
EDO_API const edo_json_value *edo_json_value_next(const edo_json_value *v);

/** Returns how many elements or members a value has; 0 if it is neither array nor object.
 * Threads: any, at once. */
EDO_API size_t edo_json_value_count(const edo_json_value *v);

/** Returns the member of an object by its name; NULL if `v` has none, is no object, or NULL. The
 * time is in proportion to the number of members.
 * Owns: borrows from the tree.   Threads: any, at once. */
EDO_API const edo_json_value *edo_json_value_get(const edo_json_value *v, edo_str name);

/** Returns the name of a member; empty for what is none.
 * Owns: borrows from the tree.   Threads: any, at once. */
EDO_API edo_str edo_json_value_name(const edo_json_value *v);

/** Returns the characters of a string, or the text of an EDO_JSON_NUMBER; empty for anything else.
 * Owns: borrows from the tree.   Threads: any, at once. */
EDO_API edo_str edo_json_value_text(const edo_json_value *v);

/** Reads a value as a C type: 0 with the result in `*out`.
 *
 * Of the numbers, an integer is read as any type whose range it is in, and as the nearest double;
 * a double only as a double, but for -0, which is an integer, too.
 * Errors:  -ERANGE  a number outside the range of the type
 *          -EINVAL  it is something else, or NULL
 *          `*out` is unchanged then.
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_json_value_bool(const edo_json_value *v, bool *out);
EDO_MUST_USE EDO_API int edo_json_value_int(const edo_json_value *v, int64_t *out);
EDO_MUST_USE EDO_API int edo_json_value_uint(const edo_json_value *v, uint64_t *out);
EDO_MUST_USE EDO_API int edo_json_value_double(const edo_json_value *v, double *out);

/* ---- Writing --------------------------------------------------------------------------------- */

/* You place it. Fields are edo's. */
typedef struct edo_json_writer {
    edo_buf *out;
    uint64_t levels[EDO_JSON_DEPTH_MAX / 64];
    uint32_t depth;
    uint32_t indent; /* blanks a level; 0: compact */
    bool has_items;  /* the open level has some */
    bool has_name;   /* a name was written, its value was not */
    bool is_over;    /* the outermost value is written */
} edo_json_writer;

/* All zero: the defaults. */
typedef struct edo_json_writer_opts {
    uint32_t indent;      /* blanks a level, each element and member on its line; 0: compact */
    uint64_t reserved[4]; /* must be 0 */
} edo_json_writer_opts;

/** Makes a writer, which appends one value to `out`. It holds nothing back and needs no deinit:
 * what is in `out` may be taken away between two calls.
 * Owns:    borrows `out` for the writer's life; copies `opts`, NULL: defaults.
 * Errors:  -EINVAL  an option is out of its range */
EDO_MUST_USE EDO_API int edo_json_writer_init(edo_json_writer *self, edo_buf *out,
                                              const edo_json_writer_opts *opts);

/** Begins and ends an array or object.
 * Errors:  -ENOMEM        nothing was written
 *          -EDO_ETOOLONG  deeper than EDO_JSON_DEPTH_MAX
 *          -EDO_EMISUSE   not at this place: a member without a name, an end without its beginning
 */
EDO_MUST_USE EDO_API int edo_json_writer_begin_array(edo_json_writer *self);
EDO_MUST_USE EDO_API int edo_json_writer_end_array(edo_json_writer *self);
EDO_MUST_USE EDO_API int edo_json_writer_begin_object(edo_json_writer *self);
EDO_MUST_USE EDO_API int edo_json_writer_end_object(edo_json_writer *self);

/** Write a member's name, and values.
 * Errors:  -ENOMEM     nothing was written
 *          -EDO_EJSON  a text is not UTF-8, or a double is infinite or not a number
 *          -EDO_EMISUSE  not at this place */
EDO_MUST_USE EDO_API int edo_json_writer_name(edo_json_writer *self, edo_str name);
EDO_MUST_USE EDO_API int edo_json_writer_string(edo_json_writer *self, edo_str text);
EDO_MUST_USE EDO_API int edo_json_writer_int(edo_json_writer *self, int64_t i);
EDO_MUST_USE EDO_API int edo_json_writer_uint(edo_json_writer *self, uint64_t u);
EDO_MUST_USE EDO_API int edo_json_writer_double(edo_json_writer *self, double d);
EDO_MUST_USE EDO_API int edo_json_writer_bool(edo_json_writer *self, bool is_true);
EDO_MUST_USE EDO_API int edo_json_writer_null(edo_json_writer *self);

/** Writes a described value, as edo_json_encode() does, in the form that the writer gives to all.
 * Errors:  as edo_json_encode(); -EDO_EMISUSE  not at this place */
EDO_MUST_USE EDO_API int edo_json_writer_described(edo_json_writer *self, const void *value,
                                                   const edo_desc *desc);

/** Appends the value at `value`, which `desc` describes, to `out`, as edo_json_encode() does, but
 * in the form that `opts` tells (NULL: compact): with an indent it is for people, and for files
 * under version control. Secrets are written as they are; edo_value_print() hides them.
 * Errors:  as edo_json_encode(); -EINVAL  an option is out of its range
 * Threads: any, at once, while nothing writes the value. */
EDO_MUST_USE EDO_API int edo_json_print(edo_buf *out, const void *value, const edo_desc *desc,
                                        const edo_json_writer_opts *opts);

/** Writes a value of a tree. Strings have only the escapes that they need, and a double is the
 * shortest text that reads back as the same.
 * Errors:  as edo_json_writer_string(); after -ENOMEM a part may be written. */
EDO_MUST_USE EDO_API int edo_json_writer_value(edo_json_writer *self, const edo_json_value *v);

EDO_END_DECLS

#endif
