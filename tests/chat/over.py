# SPDX-License-Identifier: MIT
"""What a conversation of a test is kept by, beside a file or memory. EDO_CHAT_OVER=postgres: each chat.Server has a database
of a PostgreSQL that the test's process starts. EDO_CHAT_OVER=nodes: it is two programs over such a database and a Redis, to
which its clients, pages and requests go in turn. The path of `--db` stands for a database, so a server that is started again
finds what the one before has kept."""
import http.client
import itertools
import json
import os
import re

from bounded import WAIT, until

OVER = os.environ.get("EDO_CHAT_OVER", "")
IS_NODES = OVER == "nodes"
assert OVER in ("", "postgres", "nodes"), OVER

# ---- What is left out, and why --------------------------------------------------------------------

# Tests by the reason for which they are not run over a database, and so not over two nodes.
LEFT_OUT = {
    "it is about the file": """
        web_api/store_whose_file_was_deleted_or_damaged_says_so_in_the_health_and_the_log
        web_api/damage_in_the_middle_of_a_running_store_is_told_once_and_what_is_not_stored_is_marked
        web_api/damage_that_nobody_comes_upon_is_told
        web_api/past_behind_a_damage_is_read_to_its_end_and_the_damage_is_told
        web_api/past_that_a_room_recalls_says_that_some_of_it_is_damaged
        web_api/end_counts_what_is_lost_and_its_status_tells
        web_api/what_could_not_be_stored_is_marked_and_stored_once_the_disk_works_again
        web_resume/store_is_its_owner_s_alone_and_has_no_token_in_clear
        web_resume/store_that_is_none_or_taken_ends_the_program_with_a_reason""",
    "numbers of a file begin with the time of the start, those of a database with 1": """
        web_resume/store_of_another_file_is_new_to_a_page_that_has_seen_more_of_the_first
        web_resume/gaps_of_several_restarts_are_no_loss_and_what_is_lost_behind_them_is_told""",
    "it is about memory, which forgets": """
        talk/room_is_gone_with_its_last_member
        talk/room_that_has_begun_anew_is_told_and_shown_whole_to_one_that_comes_back
        talk/client_that_was_away_before_its_first_message_is_told_how_much_it_missed
        web_api/numbers_of_a_store_are_there_if_there_is_one
        web_resume/missed_messages_that_nobody_has_any_more_are_counted
        web_resume/another_life_of_a_room_is_new_to_everybody
        grpc_talk/what_a_room_has_forgotten_is_told_as_missing
        terminal_loss/user_is_told_what_it_missed_before_its_first_message
        terminal_loss/room_of_a_server_that_was_started_again_is_shown_whole""",
    "names of guests have another form there, which nobody else can take, and are longer": """
        stranger/name_that_a_guest_had_by_its_number_is_another_persons_too
        talk/guest_numbers_skip_a_name_in_use
        talk/names_that_differ_in_case_only_are_one_name
        terminal/half_typed_line_stays_below_what_arrives
        terminal/prompt_names_room_and_nick_and_own_lines_keep_their_time""",
}

# And those that are not run over two nodes.
LEFT_OUT_OF_NODES = {
    "limits are those of each node": """
        goodbye/terminal_that_left_and_does_not_read_keeps_its_place_until_it_has_all
        goodbye/place_of_a_terminal_that_left_and_is_gone_is_free
        web_api/posts_of_one_address_are_limited
        web_api/questions_for_rooms_of_one_address_are_limited""",
    "what is told to one person alone waits at its node, whose author is told if it goes on at another one": """
        direct/message_to_a_page_that_has_stopped_reading_comes_when_its_session_comes_back
        direct/message_to_a_page_that_is_away_is_kept_for_it
        grpc_talk/what_is_told_to_one_alone_comes_again_until_it_is_acknowledged""",
    "it is about one process": """
        talk/lines_of_a_client_that_left_before_the_server_read_them_are_shown
        terminal_loss/session_is_told_why_it_has_not_the_name_that_it_wants
        web_api/default_port_that_is_taken_is_replaced_by_a_free_one_and_the_log_says_so
        web_api/address_that_was_given_and_cannot_be_had_ends_the_program
        web_resume/after_kill_9_everything_is_there_once_and_numbers_go_on""",
}


def left_out(suite, test):
    """Why a test is not run over what there is; None: it is."""
    name = f"{suite}/{test.removeprefix('test_')}"
    tables = [LEFT_OUT, LEFT_OUT_OF_NODES][:1 + IS_NODES] if OVER else []
    return next((why for table in tables for why, names in table.items() if name in names.split()), None)


def is_late(code, text):
    """Whether that error says only that what was said is kept, or shown, later: a database may be slow."""
    return bool(OVER) and code == "try_later" and text.startswith(("not kept yet", "said: "))


# ---- Where it is kept -----------------------------------------------------------------------------

class Engines:
    """The servers that this process has started."""

    postgres = redis = None
    databases = {}  # names of databases, by the paths of the files in whose places they are
    used = None  # the one that a server has got last

    @classmethod
    def database(cls, path):
        """The address of the database for that file, or of a new one."""
        import postgres
        cls.postgres = cls.postgres or postgres.Postgres()
        path = path or f"memory {len(cls.databases)}"
        if path not in cls.databases:
            cls.databases[path] = f"chat{len(cls.databases)}"
            cls.postgres.rows(f"create database {cls.databases[path]}")
        cls.used = cls.databases[path]
        return cls.postgres.uri.replace("///postgres?", f"///{cls.used}?")

    @classmethod
    def last_program(cls):
        """The number that the last program has got of the database that was used last."""
        return cls.postgres.rows("select max(program) from chat_program", cls.used)[0][0]

    @classmethod
    def carrier(cls):
        import redis_server
        cls.redis = cls.redis or redis_server.Redis()
        return cls.redis


def options_of(options):
    """The options of a server, kept as EDO_CHAT_OVER says."""
    if not OVER:
        return options
    options, path = list(options), None
    if "--db" in options:
        at = options.index("--db")
        path = options[at + 1]
        del options[at:at + 2]
    options += ["--db", Engines.database(path)]
    return (*options, "--redis", Engines.carrier().url) if IS_NODES else options


# ---- Two nodes ------------------------------------------------------------------------------------

def node_of(server):
    """The node of a server that is to get the next client: the server itself, if it is one process."""
    return next(server.turns) if hasattr(server, "turns") else server


def asked_of(server):
    """Likewise, the next request."""
    return next(server.asked) if hasattr(server, "asked") else server


def begin(server):
    """Its nodes begin to have clients."""
    nodes = server, server.other
    for node in nodes:
        until("Redis to carry", lambda: Asker.number(node, "chat_redis_carries") == 1)
    server.turns, server.asked = itertools.cycle(nodes), itertools.cycle(nodes)


class Asker:
    """Requests come from an address of their own each, as one address may not ask often."""

    sources = itertools.cycle(f"127.1.{i}.{k}" for i in range(250) for k in range(1, 250))

    @classmethod
    def get(cls, node, path):
        """What it replies, nothing if it refuses to."""
        connection = http.client.HTTPConnection(*node.web, timeout=WAIT, source_address=(next(cls.sources), 0))
        connection.request("GET", path)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return data if response.status == 200 else b""

    @classmethod
    def numbers(cls, node, *names):
        text = cls.get(node, "/metrics").decode()
        return [sum(float(n) for n in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.M)) for name in names]

    @classmethod
    def number(cls, node, name):
        return cls.numbers(node, name)[0]

    @classmethod
    def view(cls, node):
        """The rooms of a node: how many are there, and the number of what was said last."""
        rooms = [(r["room"], r["members"]) for r in json.loads(cls.get(node, "/api/rooms"))["rooms"] if r["members"]]
        return {room.lower(): (members, cls.last(node, room)) for room, members in rooms}

    @classmethod
    def last(cls, node, room):
        said = json.loads(cls.get(node, f"/api/rooms/{room}/messages?limit=1") or "{}").get("messages")
        return said[-1]["number"] if said else 0


def heard_rooms():
    """How many nodes hear each room, all rooms together."""
    channels = [c for c in Engines.redis.cli("PUBSUB", "CHANNELS", "edo-chat:*:room:*") if c]
    return sum(map(int, Engines.redis.cli("PUBSUB", "NUMSUB", *channels)[1::2])) if channels else 0


def level(server):
    """Waits until each node of a server knows who is in which room, by name, and what was said last, and hears its rooms.
    False: there is one process, which does at once."""
    if not hasattr(server, "turns"):
        return False
    nodes = server, server.other
    until("the nodes to know the same", lambda: [Asker.view(node) for node in nodes], lambda seen: seen[0] == seen[1])
    until("the nodes to hear their rooms, and to know the names",
          lambda: [heard_rooms(), *(Asker.numbers(node, "chat_rooms", "chat_redis_unnamed") for node in nodes)],
          lambda seen: seen[0] == seen[1][0] + seen[2][0] and seen[1][1] == seen[2][1] == 0)
    return True


def in_time(look, wanted):
    """What `look` returns: over two nodes once it is wanted. A room is told that somebody has left some ms before the database
    is, which says who has a name; and a node hears of a new name some ms after who has got it."""
    return until("that all nodes know it", look, wanted) if IS_NODES else look()


# ---- Names of guests ------------------------------------------------------------------------------

class Guest:
    """Somebody who has come to a node."""

    def __init__(self, node, shown):
        self.node = node
        self.shown = shown  # the number of the name that a test is to see
        self.is_free = True  # nothing is known of the name that it has there


class Guests:
    """Over a database the first guest of a program is guest-P-1, P being a number of the program. Tests see and write
    guest-1, as with one process and a file: over two nodes the number says how many have come to both."""

    nodes, all, sessions, shown_of, real_of = {}, [], set(), {}, {}

    @classmethod
    def begin(cls):
        cls.nodes, cls.all, cls.sessions, cls.shown_of, cls.real_of = {}, [], set(), {}, {}

    @classmethod
    def note_node(cls, node):
        """It is the program that was started last."""
        cls.nodes[Engines.last_program().encode()] = node

    @classmethod
    def come(cls, node, session=None):
        """Somebody comes to the node; returns who. None: it was here before, as its session was."""
        if session and session in cls.sessions:
            return None
        cls.sessions.add(session)
        cls.all.append(Guest(node, b"%d" % (len(cls.all) + 1)))
        return cls.all[-1]

    @classmethod
    def bind(cls, guest, real):
        """The guest has that number there, PROGRAM-N, if it is given; else a name of its own from the beginning."""
        guest.is_free = False
        if real and real not in cls.shown_of:
            cls.shown_of[real], cls.real_of[guest.shown] = guest.shown, real

    @classmethod
    def greet(cls, guest, name, session=None):
        """Its node has told the guest its name."""
        cls.sessions.add(session)
        if IS_NODES and guest and guest.is_free:
            found = re.fullmatch(rb"guest-(\d+-\d+)", name)
            cls.bind(guest, found and found[1])

    @classmethod
    def number(cls, real):
        """The number that a test sees. Who is shown to others before it was greeted is the first that has come to its
        program, and was not."""
        if not IS_NODES:
            cls.real_of[number := real.rpartition(b"-")[2]] = real
            return number
        if real not in cls.shown_of:
            node = cls.nodes.get(real.partition(b"-")[0])
            cls.bind(next((g for g in cls.all if g.node is node and g.is_free), None) or cls.come(node), real)
        return cls.shown_of[real]

    @classmethod
    def shown(cls, text):
        """Bytes of a server, as a test is to see them."""
        return re.sub(rb"(?i)\b(guest-)(\d+-\d+)\b", lambda found: found[1] + cls.number(found[2]), text) if OVER else text

    @classmethod
    def real(cls, text):
        """Bytes of a test, as a server is to get them."""
        def name(found):
            return found[1] + cls.real_of.get(found[2], found[2])
        return re.sub(rb"(?i)\b(guest-)(\d+)\b(?!-)", name, text) if OVER else text
