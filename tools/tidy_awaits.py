# SPDX-License-Identifier: MIT
"""tidy_awaits.py: exported functions that wait, and could end without an await.

A task that calls such a function in a loop lets no other task run, and sees neither its limit nor its cancellation. So
of each function whose "Waits:" is not "never" one of these holds:
  1. whichever way it ends, it has called edo_await(), edo_budget_consume(), or a function of which that holds: as far as
     the text tells; what only refuses arguments or lacks memory may come before
  2. a row of tests/<module>/at_once*_test.c calls it where it ends at once (tests/support/at_once.h)
  3. it stands below, with the reason."""
import re

AWAITS = {"edo_await", "edo_budget_consume", "edo_yield", "edoi_fiber_await", "edoi_fiber_yield", "edoi_thread_await",
          "edoi_job_await", "edo_tcp_connect",  # outside of a runtime it looks a name up before
          "edo_blocking_with", "edo_compute",  # these two: or they run the job on its thread
          "edoi_fs_ring_call"}  # or it says that there is no ring, and a job follows
REFUSALS = {"-EINVAL", "-ENOMEM", "-EDO_EMISUSE", "-EDO_ENORUNTIME", "-ENAMETOOLONG", "-ENOTSUP", "-E2BIG", "-EILSEQ",
            "-EMSGSIZE", "-EDO_ETOOLONG", "NULL"}
SO_FAR = r"(?:err|got|result) == 0|!err"  # a failure before it is taken for a refusal
BODY = r"^[A-Za-z_][^;{}=#\n]*\b(\w+)\([^;{}]*\) \{\n(.*?)^\}"


def reasons(table):
    return {name: why for why, names in table.items() for name in names.split()}


ENDS = "what it ends ends, whatever the state of the task"
THREADS = "it waits as a thread does: there is no task yet, or it is not for tasks"
RUNS = "runs until it is cancelled"
HANDED = "only hands on to what awaits, or not, by itself"
DECODES = "decodes what has come already"
NOT_TRIED = reasons({
    ENDS: "edo_scope_end edo_health_free edo_tmp_close edo_fs_watch_close edo_sqlite_close edo_sse_end edo_sse_client_free "
          "edo_ws_end edo_rc_unref edo_tmp_keep edo_pg_commit edo_pg_rollback edo_sqlite_commit "
          "edo_sqlite_rollback edo_grpc_finish edo_process_stop edo_ws_shutdown",
    "what a handler has changed is kept, whatever the state of the task": "edo_session_save",
    THREADS: "edo_block_in_place edo_config_load edo_config_main edo_console_start edo_console_stop edo_dump_tasks "
             "edo_dump_open edo_dump_faults edo_balance_dump edo_log_stop edo_log_file_new edo_log_file_reopen "
             "edo_log_start_as edo_log_remove edo_metrics_print edo_recorder_start edo_recorder_set edo_recorder_write "
             "edo_runtime_free edo_runtime_shutdown edo_block_on edo_run_at edo_runtime_turn edo_sim_run edo_thread_join "
             "edo_snapshot_set edo_tls_server_new edo_tls_server_reload edo_tls_client_new edo_main "
             "edo_test_run_at edo_test_settle edo_test_sequencer_wait edo_test_stream_suite edo_test_cassette_new "
             "edo_test_cassette_layer edo_test_cassette_save edo_test_layer_suite edo_test_store_suite edo_time_advance "
             "edo_time_set_wall",
    RUNS: "edo_drain_run edo_http_serve edo_http_serve_stream edo_supervise edo_web_serve edo_web_serve_stream edo_web_run",
    HANDED: "edo_cookie_jar_each edo_router_handle edo_router_call edo_auth_layer edo_idempotency_layer edo_cors_layer "
            "edo_request_id_layer edo_map_body_layer edo_catch_layer edo_race edo_printf "
            "edo_sqlite_rows_at edo_grpc_recv edo_grpc_unary",
    DECODES: "edo_web_params edo_web_query",
    "what it waits for is read in pieces, by awaits": "edo_json_reader_next edo_json_reader_skip edo_json_reader_decode",
    "asks, or takes back, whatever the state of the task, and then awaits": "edo_otlp_flush edo_redis_sub_remove",
    "arguments, or memory for them, are refused first": "edo_pg_query_all_at edo_sqlite_query_all",
    "each frame takes from the budget": "edo_ws_recv edo_ws_recv_piece edo_ws_send edo_ws_send_text edo_ws_send_binary "
    "edo_ws_ping edo_ws_send_piece",
    "the other end has to say something first": "edo_tls_accept edo_tls_connect_over",
    "responds once, and only then": "edo_health_reply edo_web_reply_content",
    "a number needs no wait, and then it may be called inside a poll": "edo_resolve edo_resolver_system edo_ares_resolve "
    "edo_tcp_listen edo_udp_bind edo_udp_connect edo_broadcast_send",
})


def matching(text, at, opens, closes):
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] == opens) - (text[i] == closes)
        if depth == 0:
            return i
    return len(text) - 1


def skip(text, at):
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def statement(text, at):
    """Returns a statement, (kind, head, parts), and where the next one begins."""
    match = re.compile(r"(if|while|for|switch|do)\b").match(text, at)
    kind = match.group(1) if match else ""
    if kind == "do":
        body, at = block(text, skip(text, at + 2))
        end = (text + ";").index(";", at)
        return ("do", text[at:end], [body]), end + 1
    if kind:
        begin = match.end() + (text[match.end():] + "(").index("(")
        end = matching(text, begin, "(", ")")
        head, parts = text[begin + 1:end], []
        body, at = block(text, skip(text, end + 1))
        parts.append(body)
        after = skip(text, at)
        if kind == "if" and re.compile(r"else\b").match(text, after):
            body, at = block(text, skip(text, after + 4))
            parts.append(body)
        if kind == "for":
            first, while_, _ = (head + ";;").split(";", 2)
            kind, head = ("for", first) if while_.strip() else ("ever", first)
        elif kind == "while" and head in ("1", "true"):
            kind = "ever"
        return (kind, head, parts), at
    if text[at] == "{":
        body, at = block(text, at)
        return ("do", "", [body]), at
    label = re.compile(r"\w+:(?!:)").match(text, at)
    if label:
        return ("", "", []), label.end()
    depth, end = 0, at
    while end < len(text) and not (text[end] == ";" and depth == 0):
        depth += (text[end] in "({[") - (text[end] in ")}]")
        end += 1
    return ("", text[at:end].strip(), []), end + 1


def block(text, at):
    if text[at] != "{":
        one, at = statement(text, at)
        return [one], at
    end = matching(text, at, "{", "}")
    return statements(text[at + 1:end]), end + 1


def statements(text):
    found, at = [], skip(text, 0)
    while at < len(text):
        one, at = statement(text, at)
        found.append(one)
        at = skip(text, at)
    return found


def awaits(text, known):
    """Does an expression surely call one of `known`?"""
    either = re.match(r"(.*?)\?(.*):(.*)$", text, re.S)
    if either:
        return awaits(either.group(1), known) or all(awaits(either.group(n), known) for n in (2, 3))
    return any(name in known for name in re.findall(r"\b(\w+)\(", re.split(r"&&|\|\|", text)[0]))


def may_return(text, known):
    either = re.match(r"(.*?)\?(.*):(.*)$", text, re.S)
    if either and not awaits(text, known):
        return all(may_return(either.group(n), known) for n in (2, 3))
    refused = re.match(r"\s*(?:edo_fail\()?(-?\w+)(?:,|$)", text)
    return bool(refused and refused.group(1) in REFUSALS) or awaits(text, known)


def ends(body, known):
    """True: each way through `body` awaits; False: one does not; None: it goes on behind it, without an await."""
    for kind, head, parts in body:
        if head.startswith("return") and not kind:
            return may_return(head[len("return"):], known)
        if head.startswith("goto") and not kind:
            return True  # what is there is looked at, too
        if head and kind != "do" and awaits(head, known):
            return True
        if kind == "if" and re.search("MISUSE|misused", head):
            continue
        come_of = [ends(part, known) for part in parts]
        if kind == "if" and re.fullmatch(SO_FAR, head) and come_of == [True]:
            return True
        if False in come_of:
            return False
        if all(come_of) and come_of and (kind in ("do", "ever") or len(come_of) == 2):
            return True
        if kind == "do" and awaits(head, known):
            return True
    return None


def awaiting(codes):
    """Returns the functions of src each way through which awaits."""
    bodies = {}
    for path, code in codes.items():
        if path.startswith("src/") and path.endswith(".c") and not path.endswith("_test.c"):
            for match in re.finditer(BODY, re.sub(r"^[ \t]*#.*$", "", code, flags=re.M), re.M | re.S):
                bodies[match.group(1)] = statements(match.group(2))
    known, before = set(AWAITS), -1
    while len(known) != before:
        before = len(known)
        known |= {name for name, body in bodies.items() if name not in known and ends(body, known)}
    return known, bodies


def awaits_that_end_at_once(texts, codes, waiting):
    """Yields (path, line, text) for each function of `waiting`, {name: (path, line, its Waits:)}, of which none holds."""
    known, bodies = awaiting(codes)
    rows = set()
    for path, text in texts.items():
        if re.match(r"tests/\w+/at_once\w*_test\.c$", path):
            rows.update(re.findall(r'^ {4,8}\{ "(edo_\w+)"', text, re.M))
    for name, (path, line, said) in sorted(waiting.items()):
        if re.match("never|leave|the last unref", said) or name in known or name in rows or name in NOT_TRIED:
            continue
        if name in bodies:
            yield path, line, f"{name} waits, and may end without an await: see tools/tidy_awaits.py"
    for name in sorted(NOT_TRIED):
        if "src/fs/cache.c" in texts and (name in rows or name not in waiting):
            yield "tools/tidy_awaits.py", 1, f"{name} is tried, or does not wait: it needs no reason"
