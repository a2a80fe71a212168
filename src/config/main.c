/* SPDX-License-Identifier: MIT */
/* config/main.c: the main() of a program with settings. */
#include <edo/config.h>

#include <edo/error.h>

#define STATUS_SETTINGS  2
#define STATUS_ABANDONED 3 /* of edo_main(): tasks go on */

int edo_config_main(edo_task_fn *root, void *value, const edo_desc *desc, int argc,
                    char *const *argv, const edo_config_opts *opts,
                    const edo_runtime_opts *runtime) {
    static const edo_config_opts defaults = { .arena = NULL };
    if (!opts) opts = &defaults;
    int status = 0;
    int err = edo_config_load(value, desc, argc, argv, opts);
    if (err < 0) {
        edo_trail_print(stderr, err, EDO_TRAIL_LINE);
        status = STATUS_SETTINGS;
    }
    if (err == 0) status = edo_main_with(root, value, runtime);
    if (status != STATUS_ABANDONED && !opts->arena) edo_value_deinit(value, desc);
    return status;
}
