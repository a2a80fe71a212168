/* SPDX-License-Identifier: MIT */
/* A configuration from presets, a JSON file, the environment and the command line, printed with the
 * source of each value.
 *
 *     APP_DB_MAX_WAIT=2s config_sources --config app.json --port 9000 --show-config */
#include <edo/config.h>
#include <edo/error.h>

#include <stdio.h>

typedef struct {
    const char *host, *password;
    edo_duration max_wait;
} database;
EDO_DESCRIBE(database, EDO_FIELD(database, host, .preset = "localhost", .doc = "where it runs"),
             EDO_FIELD(database, password, .secret = true, .optional = true),
             EDO_FIELD(database, max_wait, .preset = "5s", .doc = "for a connection"))

typedef struct {
    uint16_t port;
    edo_str *origins;
    size_t origins_n;
    database db;
    const char *config;
    bool show_config;
} settings;
EDO_DESCRIBE(settings,
             EDO_FIELD(settings, port, .preset = "8080", .min = 1, .max = 65535, .letter = 'p',
                       .doc = "where to listen"),
             EDO_FIELD_LIST(settings, origins, origins_n, EDO_AS("origin"), .value = "URL",
                            .doc = "a site that may call; once for each"),
             EDO_FIELD_OF(settings, db, database_desc),
             EDO_FIELD(settings, config, .optional = true, .value = "FILE", .doc = "a JSON file"),
             EDO_FIELD(settings, show_config, .doc = "print what is set, and from where"))

int main(int argc, char **argv) {
    edo_buf sources = { 0 };
    settings s;
    const edo_config_opts opts = { .env_prefix = "APP",
                                   .file_field = "config",
                                   .about = "Shows where its configuration comes from.",
                                   .version = "1.0",
                                   .sources = &sources };
    int err = edo_config_load(&s, &settings_desc, argc, argv, &opts);
    if (err < 0) edo_trail_print(stderr, err, EDO_TRAIL_LINE);
    if (err == 0 && s.show_config) printf("%.*s", (int)sources.len, sources.ptr);
    if (err == 0 && !s.show_config) printf("listening on port %d\n", s.port);
    edo_buf_deinit(&sources);
    edo_value_deinit(&s, &settings_desc);
    return err < 0 ? 2 : 0;
}
