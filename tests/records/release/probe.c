/* SPDX-License-Identifier: MIT */
/* probe.c: what a public function calls of src/records, and the same function without;
 * release_test.sh compares their machine code. */
#include "base/held.h"
#include "records/handles.h"
#include "records/lent.h"
#include "records/linked.h"
#include "records/unfinished.h"

int probe_with(int *handle);
int probe_without(int *handle);

int probe_with(int *handle) {
    EDOI_ENTERS(EDOI_STREAM, handle);
    EDOI_ENTERS_LENT(EDOI_RUNTIME, handle);
    edoi_held_check("it is read");
    edoi_handle_made_here(EDOI_STREAM, handle, EDOI_CALLER());
    edoi_handle_given_up(EDOI_STREAM, handle, EDOI_CALLER());
    edoi_handle_mark_ended(EDOI_STREAM, handle);
    edoi_handle_timer_begun(handle);
    edoi_handle_timer_over(handle);
    edoi_linked_add(handle);
    edoi_linked_remove(handle);
    edoi_lent_note(handle, "a task", NULL);
    edoi_lent_ended(handle, "a task");
    edoi_unfinished_begin(handle);
    EDOI_CUT_SHORT(NULL, *(volatile int *)handle, "a task");
    edoi_unfinished_tell();
    return *handle;
}

int probe_without(int *handle) {
    return *handle;
}
