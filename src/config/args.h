/* SPDX-License-Identifier: MIT */
/* config/args.h: the command line as a layer, and its help. */
#ifndef EDOI_CONFIG_ARGS_H
#define EDOI_CONFIG_ARGS_H

#include "config/leaves.h"

/* Sets leaves from the arguments: 0, EDO_CONFIG_DONE, or as edo_args_decode(). */
EDO_MUST_USE int edoi_args_read(edoi_leaves *l, int argc, char *const *argv,
                                const edo_config_opts *opts);

/* Prints the help; 0, or -EIO. */
EDO_MUST_USE int edoi_help_print(const edoi_leaves *l, const char *program,
                                 const edo_config_opts *opts);

/* The environment as a layer. */
EDO_MUST_USE int edoi_env_read(edoi_leaves *l, const char *prefix);

#endif
