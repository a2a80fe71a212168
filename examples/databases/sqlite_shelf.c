/* SPDX-License-Identifier: MIT */
/* sqlite_shelf.c: a shelf of books that are lent, in a file of SQLite.
 *
 *     sqlite_shelf FILE COPY */
#include <edo/edo.h>
#include <edo/sqlite.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const edo_migration migrations[] = {
    { 1, "books",
      "create table book (id integer primary key, title text not null unique, reader text);"
      "create table loan (book integer not null references book, reader text not null)" },
    { 2, "the first book", "insert into book (title) values ('Middlemarch')" },
};

typedef struct book {
    int64_t id;
    edo_str title, reader;
} book;
EDO_DESCRIBE(book, EDO_FIELD(book, id), EDO_FIELD(book, title),
             EDO_FIELD(book, reader, .optional = true)) // null: it is there

/* ---- Statements ------------------------------------------------------------------------------ */

static int add(edo_sqlite *db, edo_str title) {
    int n = edo_sqlite_exec(db, "insert into book (title) values (?1)", EDO_SQL(title));
    const edo_sqlite_error *e = n == -EDO_ESQL ? edo_sqlite_get_error() : NULL;
    if (!e || e->kind != EDO_SQLITE_UNIQUE) return n;
    printf("there already: %s\n", e->message);
    return 0;
}

static int list(edo_sqlite *db) {
    book b;
    int rc;
    edo_seq *rows =
        edo_sqlite_rows(db, &book_desc, "select * from book order by id limit 3", EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &b)) == 1) { // texts of `b` live until the next row
        const edo_str where = b.reader.ptr ? b.reader : EDO_STR("here");
        printf("%" PRId64 " %.*s, %.*s\n", b.id, (int)b.title.len, b.title.ptr, (int)where.len,
               where.ptr);
    }
    edo_seq_free(rows); // in time: it has one of the connections that read
    return rc;
}

/* ---- Transactions ---------------------------------------------------------------------------- */

typedef struct loan {
    int64_t book;
    edo_str reader;
} loan;

static int lend(edo_sqlite *tx, void *arg) {
    const loan *l = arg;
    int n = edo_sqlite_exec(tx, "update book set reader = ?2 where id = ?1 and reader is null",
                            EDO_SQL(l->book, l->reader));
    if (n == 0) return -EBUSY; // rolls back
    return n < 0 ? n
                 : edo_sqlite_exec(tx, "insert into loan values (?1, ?2)",
                                   EDO_SQL(l->book, l->reader));
}

static int ask_for(edo_sqlite *db, int64_t id, edo_str reader) {
    loan l = { id, reader };
    int n = edo_sqlite_run_tx(db, lend, &l);
    if (n == -EBUSY) printf("%s has to wait\n", reader.ptr);
    return n == -EBUSY ? 0 : n;
}

/* On a thread of the pool: it may block, and awaits nothing. */
static int add_volumes(edo_sqlite *tx, void *arg) {
    const int *last = arg;
    int n = 0;
    for (int i = 1; n >= 0 && i <= *last; i++)
        n = edo_sqlite_exec(tx, "insert or ignore into book (title) values ('Volume ' || ?1)",
                            EDO_SQL(i));
    return n;
}

/* ---- All ------------------------------------------------------------------------------------- */

typedef struct count {
    int64_t n;
} count;
EDO_DESCRIBE(count, EDO_FIELD(count, n))

static int use(edo_sqlite *db, const char *copy) {
    count books = { 0 };
    int volumes = 1000;
    int n = edo_sqlite_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    if (n >= 0) printf("%d new migrations\n", n);
    if (n >= 0) n = add(db, EDO_STR("Middlemarch"));
    if (n >= 0) n = add(db, EDO_STR("it's \"quoted\"; drop table book --"));
    if (n >= 0) n = ask_for(db, 1, EDO_STR("Ada"));
    if (n >= 0) n = ask_for(db, 1, EDO_STR("Grace"));
    if (n >= 0) n = edo_sqlite_call(db, true, add_volumes, &volumes); // one job, one transaction
    if (n >= 0) n = list(db);
    if (n >= 0)
        n = edo_sqlite_query_one(db, &books, &count_desc, "select count(*) as n from book",
                                 EDO_SQL_NONE);
    if (n >= 0) printf("%" PRId64 " books\n", books.n);
    if (n >= 0) n = edo_sqlite_check(db);
    return n < 0 ? n : edo_sqlite_backup(db, copy); // while others go on
}

static int app(void *arg) {
    char **files = arg;
    edo_sqlite *db; // one connection that writes, some that read
    int err = edo_sqlite_open(&db, files[0], &(edo_sqlite_opts){ .name = "shelf" });
    if (err < 0) return err;
    err = use(db, files[1]);
    edo_sqlite_close(db);
    return err;
}

int main(int argc, char **argv) {
    if (argc > 2) return edo_main(app, argv + 1);
    (void)fprintf(stderr, "sqlite_shelf FILE COPY\n");
    return 2;
}
