# SPDX-License-Identifier: MIT
"""edo console without a terminal: each view of a recording as text, one look as JSON, a recording that was cut off, what is not
known, and what is no recording."""
import json
import os
import subprocess
import tempfile

import looks

EDO_CONSOLE = [os.path.join(os.environ["EDO_BIN_DIR"], "edo"), "console"]


def done_of(*args, locale="C.UTF-8"):
    return subprocess.run([*EDO_CONSOLE, *args], capture_output=True, text=True, encoding="utf-8", timeout=60,
                          check=False, env=dict(os.environ, LC_ALL=locale))


def run(*args, status=0, **how):
    done = done_of(*args, **how)
    assert done.returncode == status, (args, done.returncode, done.stderr)
    assert status != 0 or not done.stderr, (args, done.stderr)
    return done.stdout if status == 0 else done.stderr


def with_recording(data, *args, **how):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return run("--replay", file.name, *args, **how)


def test_each_view_is_printed_within_its_size():
    wanted = {
        "tasks": ["deadlock", "withdraw", "bank.c:24", "1m30s", "‖ WAIT", "▶ RUN", "größe"],
        "sites": ["listener", "withdraw at bank.c:41", "+1", "edo_mutex_lock"],
        "locks": ["0x4060", "0x4080", "deposit at bank.c:52", "bank.c:31"],
        "channels": ["jobs", "300", "+100", "1000", "full"],
        "connections": ["HTTP connection", "127.0.0.1:8080", "waits for a request", "7.7s", "database", "lent"],
        "open": ["jobs", "HTTP connection"],
        "workers": ["1 main", "polls", "5000", "25%", "count at bank.c:70"],
    }
    for cols, rows in (80, 24), (200, 60):
        for view, words in wanted.items():
            text = with_recording(looks.recording(3), "--print", view, "--size", f"{cols}x{rows}")
            lines = text.splitlines()
            assert len(lines) <= rows and max(map(len, lines)) <= cols, (view, cols)
            assert "bank 4242  40 tasks" in lines[0] and "1 deadlock" in lines[0], lines[0]
            for word in words if cols == 200 else words[:1]:
                assert word in text, (view, cols, word, text)


def test_ascii_only_prints_nothing_else():
    text = with_recording(looks.recording(1), "--print", "tasks", "--ascii-only")
    assert text.isascii() and "gr??e" in text, text


def test_a_locale_without_utf_8_has_no_other_letters():
    text = with_recording(looks.recording(1), "--print", "tasks", locale="C")
    assert text.isascii() and "gr??e" in text and "WAIT" in text, text


def test_a_look_is_printed_as_json():
    look = json.loads(with_recording(looks.recording(2), "--json"))
    assert look["number"] == "2" and look["program"] == "bank", look
    assert look["locks"][0]["holders"][0]["takenAt"] == "bank.c:31", look["locks"]


def test_a_recording_that_was_cut_off_is_shown_as_far_as_it_is_whole():
    data = looks.recording(3)
    two = len(looks.recording(2))
    for cut in two, two + 1, len(data) - 1:
        assert json.loads(with_recording(data[:cut], "--json"))["number"] == "2"
    assert "look 2 of 2, cut off" in with_recording(data[:-1], "--print", "tasks")
    assert "cut off" not in with_recording(data, "--print", "tasks")


def test_a_recording_is_read_from_a_pipe():
    reads, writes = os.pipe()
    with os.fdopen(writes, "wb") as out:
        out.write(looks.recording(2))
    try:
        done = subprocess.run([*EDO_CONSOLE, "--replay", f"/dev/fd/{reads}", "--json"], pass_fds=[reads],
                              capture_output=True, timeout=60, check=True)
    finally:
        os.close(reads)
    assert json.loads(done.stdout)["number"] == "2"


def test_damage_behind_looks_is_told():
    for damage in b"\xff\xff\xff\xff\xff", bytes(4096):
        with tempfile.NamedTemporaryFile() as file:
            file.write(looks.recording(2) + damage)
            file.flush()
            done = done_of("--replay", file.name, "--json")
            assert done.returncode == 0 and json.loads(done.stdout)["number"] == "2", done
            assert "look 2 of 2, damaged at look 3" in done.stderr, done.stderr


def test_looks_around_a_damaged_one_are_shown():
    bad = b"\x03\xff\xff\xff"
    head, one = b"edo-looks 1\n", looks.recording(1)[len(b"edo-looks 1\n"):]
    assert json.loads(with_recording(head + bad + one, "--json"))["number"] == "1"
    text = with_recording(head + one + bad + one, "--print", "sites")
    assert "look 3 of 3" in text and "+3" not in text, text
    assert "damaged at look 2 of 2" in with_recording(head + one + bad, "--json", status=1)


def test_a_worker_is_busy_all_the_time_at_most():
    data = looks.look(1), looks.look(2)
    data[1][8][0][16][0][9] = 60 * 10**9
    text = with_recording(looks.recording_of(data), "--print", "workers")
    assert "100%" in text and "6000" not in text, text


def test_a_poll_that_lasts_from_look_to_look_is_a_warning():
    data = looks.look(1), looks.look(2)
    for one in data:
        one[13][2][12] = (0,)  # it runs on the worker that polls
    assert "long poll" not in with_recording(looks.recording_of(data), "--print", "tasks")
    data[1][8][0][16][0][8] = data[0][8][0][16][0][8]
    for view in "tasks", "workers":
        assert "long poll" in with_recording(looks.recording_of(data), "--print", view), view


def test_a_lock_that_is_held_over_a_wait_is_a_warning():
    look = looks.look(1)
    look[13].append(looks.task(0xE5, "slow", looks.WAITS, 900, 40, "edo_sleep", "", "bank.c:90"))
    look[15].append(looks.lock("0x40a0", "slow", 0xE5, "bank.c:89", "fast", 0xF6, 33))
    assert "has lock" in with_recording(looks.recording_of([look]), "--print", "tasks")
    look[15][2][3][0][5] = (9,)
    assert "has lock" not in with_recording(looks.recording_of([look]), "--print", "tasks")


def test_what_is_in_no_row_is_counted():
    look = looks.look(1)
    look[12], look[16], look[19] = 700, 71, 72
    for view, n in ("tasks", 36), ("sites", 700), ("locks", 71), ("open", 72):
        assert f"{n} more are in no row" in with_recording(looks.recording_of([look]), "--print", view), view


def test_sites_of_one_name_are_compared_as_one():
    data = looks.look(1), looks.look(2)
    for one in data:
        one[11] = [looks.site("serve", n, n, 900, "edo_read", 40) for n in (5000, 20)]
    text = with_recording(looks.recording_of(data), "--print", "sites")
    assert "5000" in text and "+" not in text.replace("+/-", "") and "-" not in text.replace("+/-", ""), text


def test_more_holders_than_are_told_are_not_counted():
    look = looks.look(1)
    look[15][0][3] = [{1: f"reader {i}", 2: i, 5: (9,)} for i in range(8)]
    look[15][1][3] = look[15][0][3][:3]
    text = with_recording(looks.recording_of([look]), "--print", "locks")
    assert "reader 0 and at least 7 more" in text and "reader 0 and 2 more" in text, text


def test_what_a_later_edo_says_is_shown_as_far_as_it_is_known():
    look = looks.look(1)
    look[8][0][16][0][1] = 77  # states and kinds that there are none of
    look[13][0][4] = 99
    look[15][0][3][0][3] = 42
    look[17][0][2][0][4] = 123
    look[99] = "a field"
    for view in "tasks", "sites", "locks", "channels", "connections", "open", "workers":
        with_recording(looks.recording_of([look]), "--print", view)


def test_names_give_the_terminal_no_orders():
    look = looks.look(1)
    look[13][0][3] = "a\x1b[2Jb\x9b2Jc\x7fd"
    text = with_recording(looks.recording_of([look]), "--print", "tasks")
    assert "a?[2Jb?2Jc?d" in text, text


def test_without_a_terminal_no_orders_are_written():
    assert "no terminal" in with_recording(looks.recording(2), status=1)


def test_what_is_no_recording_is_refused():
    for data in b"", b"edo-looks 1\n", b"edo-looks 2\n\x00", b"\x7fELF" * 100, b"edo-looks 1\n\x03\xff\xff\xff":
        assert "recording" in with_recording(data, "--json", status=1), data
    assert "no view" in run("--print", "everything", status=2)
    assert "no such option" in run("--what", "x", status=2)
    assert "no time between" in run("--every", "50d", status=2) + run("--every", "1200h", status=2)


if __name__ == "__main__":
    looks.main(globals())
