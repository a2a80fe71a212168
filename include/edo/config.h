/* SPDX-License-Identifier: MIT */
/* edo/config.h: described structs from command lines, the environment, files, queries and forms.
 *
 *     typedef struct { const char *tcp; uint32_t history; edo_duration idle; } options;
 *     EDO_DESCRIBE(options,
 *         EDO_FIELD(options, tcp,     .preset = "127.0.0.1:7000", .value = "HOST:PORT",
 *                                     .doc = "where to listen"),
 *         EDO_FIELD(options, history, .preset = "50", .max = 10000, .doc = "messages kept"),
 *         EDO_FIELD(options, idle,    .preset = "5m", .doc = "without input, before it is closed"))
 *
 *     options o;
 *     int err = edo_config_load(&o, &options_desc, argc, argv,
 *                               &(edo_config_opts){ .env_prefix = "CHAT", .file = "chat.json" });
 *     if (err > 0) return 0;                          // --help or --version has been printed
 *     if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
 *
 * A main() that does no more than that, and then runs its root task, is edo_config_main().
 *
 * One field has one name in each form. That of a nested struct has the names of both:
 *
 *     C             db.max_wait
 *     command line  --db-max-wait 5s, --db-max-wait=5s, -w 5s (option .letter)
 *     environment   CHAT_DB_MAX_WAIT=5s
 *     JSON file     { "db": { "max_wait": "5s" } }
 *     query, form   db.max_wait=5s
 *
 * Texts are read by edo_value_parse(). A list takes one element from each text: --tag a --tag b. A
 * field is required unless it is optional, as EDO_HAS() makes it, too, has a preset, or is a bool
 * or a list that may be empty. An optional struct is there if one of its fields was given;
 * otherwise none of them is required. Lists of structs, and unions, have no text: only a JSON file
 * sets them, as edo_json_decode() reads them, but with this rule of what is required.
 *
 * Texts of queries, forms and paths must be UTF-8. Those of command lines and the environment are
 * taken as they are, since names of files may be anything; edo_json_encode() refuses what is not
 * UTF-8, so a program that writes such a value as JSON finds an error there.
 *
 * Each function fills the struct with zeros and presets first, and on failure leaves zeros. What it
 * allocates is from the option `arena`, or from the heap: edo_value_deinit(). The trail of an error
 * names the source and what is wanted: "--history must be at most 10000".
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CONFIG_H
#define EDO_CONFIG_H

#include <edo/runtime.h>
#include <edo/value.h>

#include <stdio.h>

EDO_BEGIN_DECLS

/* Returned when the program has nothing more to do: help or version has been printed. */
#define EDO_CONFIG_DONE 1

typedef struct edo_config_opts {
    edo_arena *arena;   /* for what is allocated; NULL: the heap */
    edo_faults *faults; /* yours: gets all that is wrong with a query, a form, parts of a path or a
                           request, of which the trail tells the first; NULL: only that. After a
                           success it has none */

    /* Of command lines. */
    const char *program; /* NULL: the last part of argv[0] */
    const char *about;   /* what the help says first, in lines; NULL: nothing */
    const char *more;    /* what the help says last, in lines; NULL: nothing */
    const char *version; /* for --version; NULL: there is no such option */
    FILE *out;           /* where help and version go; NULL: stdout */

    /* Of edo_config_load(). */
    const char *env_prefix; /* NULL: the environment is not read */
    const char *file;       /* a JSON file that may be missing; NULL: none */
    const char *file_field; /* the field, a char *, that names the file, "config"; that one must be
                               there; another field is -EINVAL */
    edo_buf *sources; /* gets a line for each field: its name, value, and source; NULL: none */

    bool yields; /* a long query or form leaves other tasks their turns, as edo_yield() does, after
                    each 16 KiB: -ECANCELED is then an error, too */
    uint64_t reserved[3]; /* must be 0 */
} edo_config_opts;

/** Reads a command line.
 *
 * A bool is set by --name, and cleared by --no-name. Letters may stand together, -vx, and before
 * their value, -p80. Fields with .positional take the other arguments in order, a list all the
 * rest; behind -- all are such. --help, or -h if no field has that letter, prints the fields with
 * their docs and presets; --version the version.
 * Owns:    texts are copied.
 * Errors:  EDO_CONFIG_DONE  help or version was printed; the struct has its presets
 *          -EINVAL      an option or argument is unknown; the trail names the option, never what
 *                       stands behind its '=', and the nearest, or tells which argument it is:
 *                       the third one is 3
 *          -EDO_EVALUE  a value is not as described, or missing; or two fields have one name or
 *                       letter there, as `log_level` and `log.level` have
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_args_decode(void *value, const edo_desc *desc, int argc,
                                         char *const *argv, const edo_config_opts *opts);

/** Reads environment variables: PREFIX_NAME for each field. A list takes one element.
 * Owns:    texts are copied.
 * Errors:  -EDO_EVALUE  a value is not as described, or missing; or two fields have one name there
 *          -ENOMEM
 * Threads: any, while none changes the environment. */
EDO_MUST_USE EDO_API int edo_env_decode(void *value, const edo_desc *desc, const char *prefix,
                                        const edo_config_opts *opts);

/** Reads a query, what is behind the ? of a URI: names and values in percent encoding, + for a
 * blank (WHATWG URL, application/x-www-form-urlencoded); a % without two digits means itself.
 * Unknown names are skipped; a field that is no list may be there once only. An empty text, as
 * browsers send it of an input that was left empty, is nothing where the field may be missing and
 * is no text.
 * Owns:    texts are copied.
 * Errors:  -EDO_EVALUE  a value is not as described, or missing, or not UTF-8
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_query_decode(void *value, const edo_desc *desc, edo_str query,
                                          const edo_config_opts *opts);

/** As edo_query_decode(), of a form's body. With the option `yields` both wait for other tasks. */
EDO_MUST_USE EDO_API int edo_form_decode(void *value, const edo_desc *desc, edo_str body,
                                         const edo_config_opts *opts);

/* One name and one text: what a part of a path was. */
typedef struct edo_param {
    edo_str name, text;
} edo_param;

/** Reads the parts of a path that a router has found. Unknown names are skipped.
 * Owns:    texts are copied.
 * Errors:  -EDO_EVALUE  a value is not as described, or missing
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_params_decode(void *value, const edo_desc *desc,
                                           const edo_param *params, size_t n,
                                           const edo_config_opts *opts);

/* Returns value number `i`, from 0, of a name in a part of a request: EDO_IN_HEADER or
 * EDO_IN_COOKIE. NULL as its pointer: the index is too large. */
typedef edo_str edo_input_fn(void *arg, edo_value_in in, edo_str name, size_t i);

/* The parts of a request. */
typedef struct edo_inputs {
    edo_str query, form;       /* in percent encoding */
    const edo_str *path_names; /* of the parts of the path: `path_n` of them, in any order */
    const edo_str *path_texts; /* what they are, decoded */
    size_t path_n;
    edo_input_fn *get;     /* headers and cookies */
    void *arg;             /* of `get` */
    const edo_field *body; /* one of EDO_IN_BODY that you fill in afterwards, whose presets need not
                              be set; NULL: none */
    uint64_t reserved[3];
} edo_inputs;

/** Reads the fields of a struct from the parts of a request that their option `in` names; without
 * one from the query. A field of EDO_IN_BODY stays as its preset, unless it is `body`: that one may
 * be zeros. '_' in the name of a field is '-' in that of a header.
 * Owns: texts are copied.   Errors: as edo_query_decode() */
EDO_MUST_USE EDO_API int edo_inputs_decode(void *value, const edo_desc *desc, const edo_inputs *in,
                                           const edo_config_opts *opts);

/** Reads everything that configures a program: presets, then over them the JSON file, the
 * environment, and the command line (`argv` NULL: none).
 *
 * Every error names its source: "--port", "APP_PORT", or "conf.json:12:8: \"port\"". A value of
 * the file that a stronger source replaces is checked, too: so a mistake shows at once, and not
 * when the flag is left out; a variable that a flag replaces is not looked at. Of values that a
 * file gives one name the last stands; null is none, and sets nothing. The sources, if asked for,
 * are lines such as "port = 8080 (--port)"; secrets are ***, control characters are escaped.
 * Owns:    texts are copied.
 * Errors:  as edo_args_decode(); -EDO_EJSON  the file is not JSON;
 *          else those of reading the file: see edo_fs_read_all()
 * Cancel: as edo_fs_read_all().   Threads: any, while none changes the environment.
 * Waits:   for the file. */
EDO_MUST_USE EDO_API int edo_config_load(void *value, const edo_desc *desc, int argc,
                                         char *const *argv, const edo_config_opts *opts);

/** The main() of a program with settings: edo_config_load(), and then edo_main_with(), whose root
 * gets the struct at `value`.
 *
 *     int main(int argc, char **argv) {
 *         options o;
 *         return edo_config_main(app, &o, &options_desc, argc, argv, NULL, NULL);
 *     }
 *
 * What is wrong with the settings is told on standard error, in a line.
 * Owns:    fills `value`, and gives back what was allocated for it, with the option `arena` nothing.
 *          With status 3 a task may still use it, and it stays. Borrows `opts` and `runtime` (both
 *          may be NULL) until it returns.
 * Errors:  returns the status for exit(): that of edo_main_with(); 0 after --help and --version; 2
 *          if the settings are not as described
 * Cancel:  as edo_main().   Threads: the main thread, outside any runtime.   Waits: for the root. */
EDO_API int edo_config_main(edo_task_fn *root, void *value, const edo_desc *desc, int argc,
                            char *const *argv, const edo_config_opts *opts,
                            const edo_runtime_opts *runtime);

EDO_END_DECLS

#endif
