/* SPDX-License-Identifier: MIT */
/* fuzz/pg_text.c: a value of a row as PostgreSQL writes it. The first byte chooses the field, the
 * second the type. Properties: what the heap gets, an arena and one that borrows get, too; a list
 * has no more elements than the text has bytes. */
#include "fuzz.h"
#include "pg/value/text.h"

#include <edo/error.h>

#include <string.h>

typedef enum mood { MOOD_OK, MOOD_SAD } mood;
EDO_DESCRIBE_ENUM(mood, EDO_UNIT(MOOD_OK, "ok"), EDO_UNIT(MOOD_SAD, "sad"))

typedef struct inner {
    int32_t a;
    edo_str b;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, a, .optional = true), EDO_FIELD(inner, b, .optional = true))

typedef struct row {
    int64_t whole;
    float narrow;
    edo_str str;
    edo_bytes bytes;
    edo_duration wait;
    edo_wall at;
    edo_wall *seen;
    size_t seen_n;
    inner *json;
    int32_t *list;
    size_t list_n;
    edo_str *names;
    size_t names_n;
    edo_bytes *blobs;
    size_t blobs_n;
    inner *structs;
    size_t structs_n;
    int16_t fixed[2];
    edo_str upto[3];
    size_t upto_n;
    mood few[4];
    size_t few_n;
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, whole, .optional = true), EDO_FIELD(row, narrow, .optional = true),
             EDO_FIELD(row, str, .optional = true), EDO_FIELD(row, bytes, .optional = true),
             EDO_FIELD(row, wait, .optional = true), EDO_FIELD(row, at, .optional = true),
             EDO_FIELD_LIST(row, seen, seen_n, .optional = true),
             EDO_FIELD_PTR_OF(row, json, inner_desc, .optional = true),
             EDO_FIELD_LIST(row, list, list_n, .optional = true),
             EDO_FIELD_LIST(row, names, names_n, .optional = true, .max_len = 6),
             EDO_FIELD_LIST(row, blobs, blobs_n, .optional = true),
             EDO_FIELD_LIST_OF(row, structs, structs_n, inner_desc, .optional = true),
             EDO_FIELD_FIXED(row, fixed, .optional = true),
             EDO_FIELD_UPTO(row, upto, upto_n, .optional = true),
             EDO_FIELD_UPTO_OF(row, few, few_n, mood_desc, .optional = true))

static const uint32_t oids[] = { 0,
                                 EDOI_PG_TIMESTAMPTZ,
                                 EDOI_PG_DATE,
                                 EDOI_PG_TIME,
                                 EDOI_PG_INTERVAL,
                                 EDOI_PG_BYTEA,
                                 EDOI_PG_BYTEAS };

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0\1"
              "2024-02-29 12:34:56.789+02"),
    FUZZ_SEED("\0\2"
              "0001-12-31 BC"),
    FUZZ_SEED("\1\0-Infinity"),
    FUZZ_SEED("\2\0text"),
    FUZZ_SEED("\3\0\\x00ff"),
    FUZZ_SEED("\4\4-2 days +03:00:00.5"),
    FUZZ_SEED("\5\1"
              "2024-02-29 12:34:56.789-03:30"),
    FUZZ_SEED("\6\0{\"2024-02-29 12:34:56+00\",2024-02-29}"),
    FUZZ_SEED("\x07\0{\"a\": 7, \"b\": \"x\"}"),
    FUZZ_SEED("\x08\0{1,-2,3,4,5}"),
    FUZZ_SEED("\x08\0{\"1\"\"2\"\"3\"\"4\"\"5\"}"),
    FUZZ_SEED("\x09\0{plain,\"a,b\",\"q\\\"x\\\\y\",\"\",\"NULL\"}"),
    FUZZ_SEED("\x0a\0{\"\\\\x00ff\",\"\\\\x\"}"),
    FUZZ_SEED("\x0b\0{\"{\\\"a\\\":1}\",\"{}\"}"),
    FUZZ_SEED("\x0c\0[0:1]={9,10}"),
    FUZZ_SEED("\x0d\0{a,NULL}"),
    FUZZ_SEED("\x0e\0{ok,sad,ok}"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void require(bool holds) {
    if (!holds) abort();
}

/* Reads `text` into `*v`; `*told` is what the value is. */
static int read_row(row *v, const edo_field *f, uint32_t oid, edo_str text,
                    const edoi_pg_memory *memory, edo_buf *told) {
    *v = (row){ .whole = 0 };
    int err = edoi_pg_text_read(v, f, oid, text, memory);
    require(err == 0 || err == -EDO_EVALUE || err == -EDO_EJSON);
    require((err == 0) == (edo_trail_find(err) == NULL));
    edo_trail_clear();
    require(v->list_n <= text.len && v->names_n <= 6 && v->blobs_n <= text.len);
    require(v->seen_n <= text.len);
    require(v->structs_n <= text.len && v->upto_n <= 3 && v->few_n <= 4);
    if (err == 0) require(edo_value_print(told, v, &row_desc) == 0);
    return err;
}

static void require_same(const edo_buf *a, const edo_buf *b) {
    require(edo_str_equal((edo_str){ a->ptr, a->len }, (edo_str){ b->ptr, b->len }));
}

static void check(const edo_field *f, uint32_t oid, edo_str text) {
    edo_arena arena = { 0 };
    edo_buf heap = { 0 }, copied = { 0 }, borrowed = { 0 };
    row v;
    int err = read_row(&v, f, oid, text, &(edoi_pg_memory){ NULL, false }, &heap);
    edo_value_deinit(&v, &row_desc);
    require(read_row(&v, f, oid, text, &(edoi_pg_memory){ &arena, false }, &copied) == err);
    require(read_row(&v, f, oid, text, &(edoi_pg_memory){ &arena, true }, &borrowed) == err);
    require_same(&heap, &copied);
    require_same(&heap, &borrowed);
    edo_buf_deinit(&heap);
    edo_buf_deinit(&copied);
    edo_buf_deinit(&borrowed);
    edo_arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    if (n < 2) return 0;
    char *text = malloc(n - 1); // no longer than it is, so that a sanitizer sees what is beyond
    require(text != NULL);
    memcpy(text, data + 2, n - 2);
    text[n - 2] = '\0';
    check(&row_desc.fields[data[0] % row_desc.fields_n], oids[data[1] % EDO_COUNT(oids)],
          (edo_str){ text, n - 2 });
    free(text);
    return 0;
}
