/* Made by protoc-gen-edo from chat.proto: changes will be lost. */
#ifndef CHAT_EDO_H
#define CHAT_EDO_H

#include <edo/grpc.h>

typedef struct chat_v1_request chat_v1_request;
typedef struct chat_v1_hello chat_v1_hello;
typedef struct chat_v1_join chat_v1_join;
typedef struct chat_v1_leave chat_v1_leave;
typedef struct chat_v1_say chat_v1_say;
typedef struct chat_v1_tell chat_v1_tell;
typedef struct chat_v1_got chat_v1_got;
typedef struct chat_v1_take_nick chat_v1_take_nick;
typedef struct chat_v1_list_members chat_v1_list_members;
typedef struct chat_v1_read_history_request chat_v1_read_history_request;
typedef struct chat_v1_list_rooms_request chat_v1_list_rooms_request;
typedef struct chat_v1_event chat_v1_event;
typedef struct chat_v1_welcome chat_v1_welcome;
typedef struct chat_v1_room_state chat_v1_room_state;
typedef struct chat_v1_said chat_v1_said;
typedef struct chat_v1_direct chat_v1_direct;
typedef struct chat_v1_undelivered chat_v1_undelivered;
typedef struct chat_v1_joined chat_v1_joined;
typedef struct chat_v1_left chat_v1_left;
typedef struct chat_v1_renamed chat_v1_renamed;
typedef struct chat_v1_typing chat_v1_typing;
typedef struct chat_v1_members chat_v1_members;
typedef struct chat_v1_history chat_v1_history;
typedef struct chat_v1_room_list chat_v1_room_list;
typedef struct chat_v1_room_count chat_v1_room_count;
typedef struct chat_v1_lagged chat_v1_lagged;
typedef struct chat_v1_marks chat_v1_marks;
typedef struct chat_v1_state chat_v1_state;
typedef struct chat_v1_error chat_v1_error;

enum {
    CHAT_V1_REQUEST_KIND_HELLO = 1,
    CHAT_V1_REQUEST_KIND_JOIN = 2,
    CHAT_V1_REQUEST_KIND_LEAVE = 3,
    CHAT_V1_REQUEST_KIND_SAY = 4,
    CHAT_V1_REQUEST_KIND_DIRECT = 5,
    CHAT_V1_REQUEST_KIND_GOT = 6,
    CHAT_V1_REQUEST_KIND_NICK = 7,
    CHAT_V1_REQUEST_KIND_TYPING = 8,
    CHAT_V1_REQUEST_KIND_MEMBERS = 9,
    CHAT_V1_REQUEST_KIND_HISTORY = 10,
    CHAT_V1_REQUEST_KIND_ROOMS = 11,
};

/* chat.v1.Request */
struct chat_v1_request {
    uint32_t kind; /* which of these is there; 0: none */
    union {
        chat_v1_hello *hello;
        chat_v1_join *join;
        chat_v1_leave *leave;
        chat_v1_say *say;
        chat_v1_tell *direct;
        chat_v1_got *got;
        chat_v1_take_nick *nick;
        chat_v1_typing *typing;
        chat_v1_list_members *members;
        chat_v1_read_history_request *history;
        chat_v1_list_rooms_request *rooms;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Hello */
struct chat_v1_hello {
    edo_str session;
    edo_str nick;
    uint64_t told;
    bool has_told;
    chat_v1_join *rooms;
    size_t rooms_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Join */
struct chat_v1_join {
    edo_str room;
    uint64_t after;
    uint64_t life;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Leave */
struct chat_v1_leave {
    edo_str room;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Say */
struct chat_v1_say {
    edo_str room;
    edo_str text;
    edo_str ref;
    bool action;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Tell */
struct chat_v1_tell {
    edo_str to;
    edo_str to_id;
    edo_str text;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Got */
struct chat_v1_got {
    uint64_t number;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.TakeNick */
struct chat_v1_take_nick {
    edo_str nick;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.ListMembers */
struct chat_v1_list_members {
    edo_str room;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.ReadHistoryRequest */
struct chat_v1_read_history_request {
    edo_str room;
    uint64_t before;
    uint32_t limit;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.ListRoomsRequest */
struct chat_v1_list_rooms_request {
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    CHAT_V1_EVENT_KIND_WELCOME = 1,
    CHAT_V1_EVENT_KIND_MESSAGE = 2,
    CHAT_V1_EVENT_KIND_DIRECT = 3,
    CHAT_V1_EVENT_KIND_UNDELIVERED = 4,
    CHAT_V1_EVENT_KIND_JOINED = 5,
    CHAT_V1_EVENT_KIND_LEFT = 6,
    CHAT_V1_EVENT_KIND_RENAMED = 7,
    CHAT_V1_EVENT_KIND_TYPING = 8,
    CHAT_V1_EVENT_KIND_MEMBERS = 9,
    CHAT_V1_EVENT_KIND_HISTORY = 10,
    CHAT_V1_EVENT_KIND_ROOMS = 11,
    CHAT_V1_EVENT_KIND_LAGGED = 12,
    CHAT_V1_EVENT_KIND_UNSTORED = 13,
    CHAT_V1_EVENT_KIND_STORED = 14,
    CHAT_V1_EVENT_KIND_ERROR = 15,
    CHAT_V1_EVENT_KIND_STATE = 16,
};

/* chat.v1.Event */
struct chat_v1_event {
    uint32_t kind; /* which of these is there; 0: none */
    union {
        chat_v1_welcome *welcome;
        chat_v1_said *message;
        chat_v1_direct *direct;
        chat_v1_undelivered *undelivered;
        chat_v1_joined *joined;
        chat_v1_left *left;
        chat_v1_renamed *renamed;
        chat_v1_typing *typing;
        chat_v1_members *members;
        chat_v1_history *history;
        chat_v1_room_list *rooms;
        chat_v1_lagged *lagged;
        chat_v1_marks *unstored;
        chat_v1_marks *stored;
        chat_v1_error *error;
        chat_v1_state *state;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Welcome */
struct chat_v1_welcome {
    edo_str session;
    edo_str nick;
    uint64_t told;
    chat_v1_room_state *rooms;
    size_t rooms_n;
    edo_str wanted;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.RoomState */
struct chat_v1_room_state {
    edo_str room;
    uint64_t last;
    uint64_t members;
    uint64_t life;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Said */
struct chat_v1_said {
    edo_str room;
    edo_str from;
    edo_str text;
    int64_t time;
    uint64_t number;
    bool action;
    bool unstored;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Direct */
struct chat_v1_direct {
    edo_str from;
    edo_str to;
    edo_str from_id;
    edo_str to_id;
    edo_str text;
    int64_t time;
    uint64_t number;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Undelivered */
struct chat_v1_undelivered {
    edo_str to;
    edo_str to_id;
    uint64_t messages;
    uint64_t number;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Joined */
struct chat_v1_joined {
    edo_str room;
    edo_str nick;
    edo_str id;
    uint64_t last;
    uint64_t members;
    uint64_t life;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Left */
struct chat_v1_left {
    edo_str room;
    edo_str nick;
    edo_str id;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Renamed */
struct chat_v1_renamed {
    edo_str room;
    edo_str from;
    edo_str to;
    edo_str id;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Typing */
struct chat_v1_typing {
    edo_str room;
    edo_str nick;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Members */
struct chat_v1_members {
    edo_str room;
    edo_str *nicks;
    size_t nicks_n;
    edo_str *ids;
    size_t ids_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.History */
struct chat_v1_history {
    edo_str room;
    chat_v1_said *messages;
    size_t messages_n;
    bool more;
    edo_str missing;
    edo_str ref;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.RoomList */
struct chat_v1_room_list {
    chat_v1_room_count *rooms;
    size_t rooms_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.RoomCount */
struct chat_v1_room_count {
    edo_str room;
    uint64_t members;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Lagged */
struct chat_v1_lagged {
    edo_str room;
    uint64_t missed;
    uint64_t after;
    uint64_t before;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Marks */
struct chat_v1_marks {
    edo_str room;
    uint64_t *numbers;
    size_t numbers_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.State */
struct chat_v1_state {
    bool store;
    bool nodes;
    edo_str unknown; /* what this description has not, as it came */
};

/* chat.v1.Error */
struct chat_v1_error {
    edo_str code;
    edo_str text;
    edo_str ref;
    bool said;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(chat_v1_request)
EDO_DESCRIBED_LATER(chat_v1_hello)
EDO_DESCRIBED_LATER(chat_v1_join)
EDO_DESCRIBED_LATER(chat_v1_leave)
EDO_DESCRIBED_LATER(chat_v1_say)
EDO_DESCRIBED_LATER(chat_v1_tell)
EDO_DESCRIBED_LATER(chat_v1_got)
EDO_DESCRIBED_LATER(chat_v1_take_nick)
EDO_DESCRIBED_LATER(chat_v1_list_members)
EDO_DESCRIBED_LATER(chat_v1_read_history_request)
EDO_DESCRIBED_LATER(chat_v1_list_rooms_request)
EDO_DESCRIBED_LATER(chat_v1_event)
EDO_DESCRIBED_LATER(chat_v1_welcome)
EDO_DESCRIBED_LATER(chat_v1_room_state)
EDO_DESCRIBED_LATER(chat_v1_said)
EDO_DESCRIBED_LATER(chat_v1_direct)
EDO_DESCRIBED_LATER(chat_v1_undelivered)
EDO_DESCRIBED_LATER(chat_v1_joined)
EDO_DESCRIBED_LATER(chat_v1_left)
EDO_DESCRIBED_LATER(chat_v1_renamed)
EDO_DESCRIBED_LATER(chat_v1_typing)
EDO_DESCRIBED_LATER(chat_v1_members)
EDO_DESCRIBED_LATER(chat_v1_history)
EDO_DESCRIBED_LATER(chat_v1_room_list)
EDO_DESCRIBED_LATER(chat_v1_room_count)
EDO_DESCRIBED_LATER(chat_v1_lagged)
EDO_DESCRIBED_LATER(chat_v1_marks)
EDO_DESCRIBED_LATER(chat_v1_state)
EDO_DESCRIBED_LATER(chat_v1_error)

EDO_DESCRIBE(chat_v1_request,
    EDO_FIELD_PTR_OF(chat_v1_request, hello, chat_v1_hello_desc,
              .number = 1, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, join, chat_v1_join_desc,
              .number = 2, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, leave, chat_v1_leave_desc,
              .number = 3, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, say, chat_v1_say_desc,
              .number = 4, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, direct, chat_v1_tell_desc,
              .number = 5, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, got, chat_v1_got_desc,
              .number = 6, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, nick, chat_v1_take_nick_desc,
              .number = 7, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, typing, chat_v1_typing_desc,
              .number = 8, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, members, chat_v1_list_members_desc,
              .number = 9, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, history, chat_v1_read_history_request_desc,
              .number = 10, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD_PTR_OF(chat_v1_request, rooms, chat_v1_list_rooms_request_desc,
              .number = 11, .optional = true, EDO_ONEOF(chat_v1_request, kind)),
    EDO_FIELD(chat_v1_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_hello,
    EDO_FIELD(chat_v1_hello, session, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_hello, nick, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_hello, told, .number = 3, .optional = true, EDO_HAS(chat_v1_hello, has_told)),
    EDO_FIELD_LIST_OF(chat_v1_hello, rooms, rooms_n, chat_v1_join_desc,
              .number = 4, .optional = true),
    EDO_FIELD(chat_v1_hello, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_join,
    EDO_FIELD(chat_v1_join, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_join, after, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_join, life, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_join, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_leave,
    EDO_FIELD(chat_v1_leave, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_leave, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_say,
    EDO_FIELD(chat_v1_say, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_say, text, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_say, ref, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_say, action, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_say, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_tell,
    EDO_FIELD(chat_v1_tell, to, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_tell, to_id, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_tell, text, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_tell, ref, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_tell, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_got,
    EDO_FIELD(chat_v1_got, number, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_got, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_take_nick,
    EDO_FIELD(chat_v1_take_nick, nick, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_take_nick, ref, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_take_nick, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_list_members,
    EDO_FIELD(chat_v1_list_members, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_list_members, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_read_history_request,
    EDO_FIELD(chat_v1_read_history_request, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_read_history_request, before, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_read_history_request, limit, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_read_history_request, ref, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_read_history_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_list_rooms_request,
    EDO_FIELD(chat_v1_list_rooms_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_event,
    EDO_FIELD_PTR_OF(chat_v1_event, welcome, chat_v1_welcome_desc,
              .number = 1, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, message, chat_v1_said_desc,
              .number = 2, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, direct, chat_v1_direct_desc,
              .number = 3, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, undelivered, chat_v1_undelivered_desc,
              .number = 4, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, joined, chat_v1_joined_desc,
              .number = 5, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, left, chat_v1_left_desc,
              .number = 6, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, renamed, chat_v1_renamed_desc,
              .number = 7, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, typing, chat_v1_typing_desc,
              .number = 8, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, members, chat_v1_members_desc,
              .number = 9, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, history, chat_v1_history_desc,
              .number = 10, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, rooms, chat_v1_room_list_desc,
              .number = 11, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, lagged, chat_v1_lagged_desc,
              .number = 12, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, unstored, chat_v1_marks_desc,
              .number = 13, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, stored, chat_v1_marks_desc,
              .number = 14, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, error, chat_v1_error_desc,
              .number = 15, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD_PTR_OF(chat_v1_event, state, chat_v1_state_desc,
              .number = 16, .optional = true, EDO_ONEOF(chat_v1_event, kind)),
    EDO_FIELD(chat_v1_event, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_welcome,
    EDO_FIELD(chat_v1_welcome, session, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_welcome, nick, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_welcome, told, .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(chat_v1_welcome, rooms, rooms_n, chat_v1_room_state_desc,
              .number = 4, .optional = true),
    EDO_FIELD(chat_v1_welcome, wanted, .number = 5, .optional = true),
    EDO_FIELD(chat_v1_welcome, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_room_state,
    EDO_FIELD(chat_v1_room_state, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_room_state, last, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_room_state, members, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_room_state, life, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_room_state, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_said,
    EDO_FIELD(chat_v1_said, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_said, from, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_said, text, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_said, time, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_said, number, .number = 5, .optional = true),
    EDO_FIELD(chat_v1_said, action, .number = 6, .optional = true),
    EDO_FIELD(chat_v1_said, unstored, .number = 7, .optional = true),
    EDO_FIELD(chat_v1_said, ref, .number = 8, .optional = true),
    EDO_FIELD(chat_v1_said, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_direct,
    EDO_FIELD(chat_v1_direct, from, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_direct, to, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_direct, from_id, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_direct, to_id, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_direct, text, .number = 5, .optional = true),
    EDO_FIELD(chat_v1_direct, time, .number = 6, .optional = true),
    EDO_FIELD(chat_v1_direct, number, .number = 7, .optional = true),
    EDO_FIELD(chat_v1_direct, ref, .number = 8, .optional = true),
    EDO_FIELD(chat_v1_direct, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_undelivered,
    EDO_FIELD(chat_v1_undelivered, to, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_undelivered, to_id, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_undelivered, messages, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_undelivered, number, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_undelivered, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_joined,
    EDO_FIELD(chat_v1_joined, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_joined, nick, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_joined, id, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_joined, last, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_joined, members, .number = 5, .optional = true),
    EDO_FIELD(chat_v1_joined, life, .number = 6, .optional = true),
    EDO_FIELD(chat_v1_joined, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_left,
    EDO_FIELD(chat_v1_left, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_left, nick, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_left, id, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_left, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_renamed,
    EDO_FIELD(chat_v1_renamed, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_renamed, from, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_renamed, to, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_renamed, id, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_renamed, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_typing,
    EDO_FIELD(chat_v1_typing, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_typing, nick, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_typing, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_members,
    EDO_FIELD(chat_v1_members, room, .number = 1, .optional = true),
    EDO_FIELD_LIST(chat_v1_members, nicks, nicks_n, .number = 2, .optional = true),
    EDO_FIELD_LIST(chat_v1_members, ids, ids_n, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_members, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_history,
    EDO_FIELD(chat_v1_history, room, .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(chat_v1_history, messages, messages_n, chat_v1_said_desc,
              .number = 2, .optional = true),
    EDO_FIELD(chat_v1_history, more, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_history, missing, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_history, ref, .number = 5, .optional = true),
    EDO_FIELD(chat_v1_history, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_room_list,
    EDO_FIELD_LIST_OF(chat_v1_room_list, rooms, rooms_n, chat_v1_room_count_desc,
              .number = 1, .optional = true),
    EDO_FIELD(chat_v1_room_list, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_room_count,
    EDO_FIELD(chat_v1_room_count, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_room_count, members, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_room_count, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_lagged,
    EDO_FIELD(chat_v1_lagged, room, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_lagged, missed, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_lagged, after, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_lagged, before, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_lagged, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_marks,
    EDO_FIELD(chat_v1_marks, room, .number = 1, .optional = true),
    EDO_FIELD_LIST(chat_v1_marks, numbers, numbers_n, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_marks, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_state,
    EDO_FIELD(chat_v1_state, store, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_state, nodes, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_state, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(chat_v1_error,
    EDO_FIELD(chat_v1_error, code, .number = 1, .optional = true),
    EDO_FIELD(chat_v1_error, text, .number = 2, .optional = true),
    EDO_FIELD(chat_v1_error, ref, .number = 3, .optional = true),
    EDO_FIELD(chat_v1_error, said, .number = 4, .optional = true),
    EDO_FIELD(chat_v1_error, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef CHAT_TYPES
#    error "two files make CHAT_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define CHAT_TYPES \
    { "chat.v1.Request", &chat_v1_request_desc }, \
    { "chat.v1.Hello", &chat_v1_hello_desc }, \
    { "chat.v1.Join", &chat_v1_join_desc }, \
    { "chat.v1.Leave", &chat_v1_leave_desc }, \
    { "chat.v1.Say", &chat_v1_say_desc }, \
    { "chat.v1.Tell", &chat_v1_tell_desc }, \
    { "chat.v1.Got", &chat_v1_got_desc }, \
    { "chat.v1.TakeNick", &chat_v1_take_nick_desc }, \
    { "chat.v1.ListMembers", &chat_v1_list_members_desc }, \
    { "chat.v1.ReadHistoryRequest", &chat_v1_read_history_request_desc }, \
    { "chat.v1.ListRoomsRequest", &chat_v1_list_rooms_request_desc }, \
    { "chat.v1.Event", &chat_v1_event_desc }, \
    { "chat.v1.Welcome", &chat_v1_welcome_desc }, \
    { "chat.v1.RoomState", &chat_v1_room_state_desc }, \
    { "chat.v1.Said", &chat_v1_said_desc }, \
    { "chat.v1.Direct", &chat_v1_direct_desc }, \
    { "chat.v1.Undelivered", &chat_v1_undelivered_desc }, \
    { "chat.v1.Joined", &chat_v1_joined_desc }, \
    { "chat.v1.Left", &chat_v1_left_desc }, \
    { "chat.v1.Renamed", &chat_v1_renamed_desc }, \
    { "chat.v1.Typing", &chat_v1_typing_desc }, \
    { "chat.v1.Members", &chat_v1_members_desc }, \
    { "chat.v1.History", &chat_v1_history_desc }, \
    { "chat.v1.RoomList", &chat_v1_room_list_desc }, \
    { "chat.v1.RoomCount", &chat_v1_room_count_desc }, \
    { "chat.v1.Lagged", &chat_v1_lagged_desc }, \
    { "chat.v1.Marks", &chat_v1_marks_desc }, \
    { "chat.v1.State", &chat_v1_state_desc }, \
    { "chat.v1.Error", &chat_v1_error_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_chat) = {
    10, 252, 28, 10, 10, 99, 104, 97, 116, 46, 112, 114, 111, 116, 111, 18, 7, 99, 104, 97,
    116, 46, 118, 49, 34, 229, 3, 10, 7, 82, 101, 113, 117, 101, 115, 116, 18, 38, 10, 5,
    104, 101, 108, 108, 111, 24, 1, 32, 1, 40, 11, 50, 14, 46, 99, 104, 97, 116, 46, 118,
    49, 46, 72, 101, 108, 108, 111, 72, 0, 82, 5, 104, 101, 108, 108, 111, 18, 35, 10, 4,
    106, 111, 105, 110, 24, 2, 32, 1, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49,
    46, 74, 111, 105, 110, 72, 0, 82, 4, 106, 111, 105, 110, 18, 38, 10, 5, 108, 101, 97,
    118, 101, 24, 3, 32, 1, 40, 11, 50, 14, 46, 99, 104, 97, 116, 46, 118, 49, 46, 76,
    101, 97, 118, 101, 72, 0, 82, 5, 108, 101, 97, 118, 101, 18, 32, 10, 3, 115, 97, 121,
    24, 4, 32, 1, 40, 11, 50, 12, 46, 99, 104, 97, 116, 46, 118, 49, 46, 83, 97, 121,
    72, 0, 82, 3, 115, 97, 121, 18, 39, 10, 6, 100, 105, 114, 101, 99, 116, 24, 5, 32,
    1, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49, 46, 84, 101, 108, 108, 72, 0,
    82, 6, 100, 105, 114, 101, 99, 116, 18, 32, 10, 3, 103, 111, 116, 24, 6, 32, 1, 40,
    11, 50, 12, 46, 99, 104, 97, 116, 46, 118, 49, 46, 71, 111, 116, 72, 0, 82, 3, 103,
    111, 116, 18, 39, 10, 4, 110, 105, 99, 107, 24, 7, 32, 1, 40, 11, 50, 17, 46, 99,
    104, 97, 116, 46, 118, 49, 46, 84, 97, 107, 101, 78, 105, 99, 107, 72, 0, 82, 4, 110,
    105, 99, 107, 18, 41, 10, 6, 116, 121, 112, 105, 110, 103, 24, 8, 32, 1, 40, 11, 50,
    15, 46, 99, 104, 97, 116, 46, 118, 49, 46, 84, 121, 112, 105, 110, 103, 72, 0, 82, 6,
    116, 121, 112, 105, 110, 103, 18, 48, 10, 7, 109, 101, 109, 98, 101, 114, 115, 24, 9, 32,
    1, 40, 11, 50, 20, 46, 99, 104, 97, 116, 46, 118, 49, 46, 76, 105, 115, 116, 77, 101,
    109, 98, 101, 114, 115, 72, 0, 82, 7, 109, 101, 109, 98, 101, 114, 115, 18, 55, 10, 7,
    104, 105, 115, 116, 111, 114, 121, 24, 10, 32, 1, 40, 11, 50, 27, 46, 99, 104, 97, 116,
    46, 118, 49, 46, 82, 101, 97, 100, 72, 105, 115, 116, 111, 114, 121, 82, 101, 113, 117, 101,
    115, 116, 72, 0, 82, 7, 104, 105, 115, 116, 111, 114, 121, 18, 49, 10, 5, 114, 111, 111,
    109, 115, 24, 11, 32, 1, 40, 11, 50, 25, 46, 99, 104, 97, 116, 46, 118, 49, 46, 76,
    105, 115, 116, 82, 111, 111, 109, 115, 82, 101, 113, 117, 101, 115, 116, 72, 0, 82, 5, 114,
    111, 111, 109, 115, 66, 6, 10, 4, 107, 105, 110, 100, 34, 124, 10, 5, 72, 101, 108, 108,
    111, 18, 24, 10, 7, 115, 101, 115, 115, 105, 111, 110, 24, 1, 32, 1, 40, 9, 82, 7,
    115, 101, 115, 115, 105, 111, 110, 18, 18, 10, 4, 110, 105, 99, 107, 24, 2, 32, 1, 40,
    9, 82, 4, 110, 105, 99, 107, 18, 23, 10, 4, 116, 111, 108, 100, 24, 3, 32, 1, 40,
    4, 72, 0, 82, 4, 116, 111, 108, 100, 136, 1, 1, 18, 35, 10, 5, 114, 111, 111, 109,
    115, 24, 4, 32, 3, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49, 46, 74, 111,
    105, 110, 82, 5, 114, 111, 111, 109, 115, 66, 7, 10, 5, 95, 116, 111, 108, 100, 34, 68,
    10, 4, 74, 111, 105, 110, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9,
    82, 4, 114, 111, 111, 109, 18, 20, 10, 5, 97, 102, 116, 101, 114, 24, 2, 32, 1, 40,
    4, 82, 5, 97, 102, 116, 101, 114, 18, 18, 10, 4, 108, 105, 102, 101, 24, 3, 32, 1,
    40, 4, 82, 4, 108, 105, 102, 101, 34, 27, 10, 5, 76, 101, 97, 118, 101, 18, 18, 10,
    4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4, 114, 111, 111, 109, 34, 87, 10,
    3, 83, 97, 121, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4,
    114, 111, 111, 109, 18, 18, 10, 4, 116, 101, 120, 116, 24, 2, 32, 1, 40, 9, 82, 4,
    116, 101, 120, 116, 18, 16, 10, 3, 114, 101, 102, 24, 3, 32, 1, 40, 9, 82, 3, 114,
    101, 102, 18, 22, 10, 6, 97, 99, 116, 105, 111, 110, 24, 4, 32, 1, 40, 8, 82, 6,
    97, 99, 116, 105, 111, 110, 34, 81, 10, 4, 84, 101, 108, 108, 18, 14, 10, 2, 116, 111,
    24, 1, 32, 1, 40, 9, 82, 2, 116, 111, 18, 19, 10, 5, 116, 111, 95, 105, 100, 24,
    2, 32, 1, 40, 9, 82, 4, 116, 111, 73, 100, 18, 18, 10, 4, 116, 101, 120, 116, 24,
    3, 32, 1, 40, 9, 82, 4, 116, 101, 120, 116, 18, 16, 10, 3, 114, 101, 102, 24, 4,
    32, 1, 40, 9, 82, 3, 114, 101, 102, 34, 29, 10, 3, 71, 111, 116, 18, 22, 10, 6,
    110, 117, 109, 98, 101, 114, 24, 1, 32, 1, 40, 4, 82, 6, 110, 117, 109, 98, 101, 114,
    34, 48, 10, 8, 84, 97, 107, 101, 78, 105, 99, 107, 18, 18, 10, 4, 110, 105, 99, 107,
    24, 1, 32, 1, 40, 9, 82, 4, 110, 105, 99, 107, 18, 16, 10, 3, 114, 101, 102, 24,
    2, 32, 1, 40, 9, 82, 3, 114, 101, 102, 34, 33, 10, 11, 76, 105, 115, 116, 77, 101,
    109, 98, 101, 114, 115, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82,
    4, 114, 111, 111, 109, 34, 104, 10, 18, 82, 101, 97, 100, 72, 105, 115, 116, 111, 114, 121,
    82, 101, 113, 117, 101, 115, 116, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40,
    9, 82, 4, 114, 111, 111, 109, 18, 22, 10, 6, 98, 101, 102, 111, 114, 101, 24, 2, 32,
    1, 40, 4, 82, 6, 98, 101, 102, 111, 114, 101, 18, 20, 10, 5, 108, 105, 109, 105, 116,
    24, 3, 32, 1, 40, 13, 82, 5, 108, 105, 109, 105, 116, 18, 16, 10, 3, 114, 101, 102,
    24, 4, 32, 1, 40, 9, 82, 3, 114, 101, 102, 34, 18, 10, 16, 76, 105, 115, 116, 82,
    111, 111, 109, 115, 82, 101, 113, 117, 101, 115, 116, 34, 208, 5, 10, 5, 69, 118, 101, 110,
    116, 18, 44, 10, 7, 119, 101, 108, 99, 111, 109, 101, 24, 1, 32, 1, 40, 11, 50, 16,
    46, 99, 104, 97, 116, 46, 118, 49, 46, 87, 101, 108, 99, 111, 109, 101, 72, 0, 82, 7,
    119, 101, 108, 99, 111, 109, 101, 18, 41, 10, 7, 109, 101, 115, 115, 97, 103, 101, 24, 2,
    32, 1, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49, 46, 83, 97, 105, 100, 72,
    0, 82, 7, 109, 101, 115, 115, 97, 103, 101, 18, 41, 10, 6, 100, 105, 114, 101, 99, 116,
    24, 3, 32, 1, 40, 11, 50, 15, 46, 99, 104, 97, 116, 46, 118, 49, 46, 68, 105, 114,
    101, 99, 116, 72, 0, 82, 6, 100, 105, 114, 101, 99, 116, 18, 56, 10, 11, 117, 110, 100,
    101, 108, 105, 118, 101, 114, 101, 100, 24, 4, 32, 1, 40, 11, 50, 20, 46, 99, 104, 97,
    116, 46, 118, 49, 46, 85, 110, 100, 101, 108, 105, 118, 101, 114, 101, 100, 72, 0, 82, 11,
    117, 110, 100, 101, 108, 105, 118, 101, 114, 101, 100, 18, 41, 10, 6, 106, 111, 105, 110, 101,
    100, 24, 5, 32, 1, 40, 11, 50, 15, 46, 99, 104, 97, 116, 46, 118, 49, 46, 74, 111,
    105, 110, 101, 100, 72, 0, 82, 6, 106, 111, 105, 110, 101, 100, 18, 35, 10, 4, 108, 101,
    102, 116, 24, 6, 32, 1, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49, 46, 76,
    101, 102, 116, 72, 0, 82, 4, 108, 101, 102, 116, 18, 44, 10, 7, 114, 101, 110, 97, 109,
    101, 100, 24, 7, 32, 1, 40, 11, 50, 16, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82,
    101, 110, 97, 109, 101, 100, 72, 0, 82, 7, 114, 101, 110, 97, 109, 101, 100, 18, 41, 10,
    6, 116, 121, 112, 105, 110, 103, 24, 8, 32, 1, 40, 11, 50, 15, 46, 99, 104, 97, 116,
    46, 118, 49, 46, 84, 121, 112, 105, 110, 103, 72, 0, 82, 6, 116, 121, 112, 105, 110, 103,
    18, 44, 10, 7, 109, 101, 109, 98, 101, 114, 115, 24, 9, 32, 1, 40, 11, 50, 16, 46,
    99, 104, 97, 116, 46, 118, 49, 46, 77, 101, 109, 98, 101, 114, 115, 72, 0, 82, 7, 109,
    101, 109, 98, 101, 114, 115, 18, 44, 10, 7, 104, 105, 115, 116, 111, 114, 121, 24, 10, 32,
    1, 40, 11, 50, 16, 46, 99, 104, 97, 116, 46, 118, 49, 46, 72, 105, 115, 116, 111, 114,
    121, 72, 0, 82, 7, 104, 105, 115, 116, 111, 114, 121, 18, 41, 10, 5, 114, 111, 111, 109,
    115, 24, 11, 32, 1, 40, 11, 50, 17, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82, 111,
    111, 109, 76, 105, 115, 116, 72, 0, 82, 5, 114, 111, 111, 109, 115, 18, 41, 10, 6, 108,
    97, 103, 103, 101, 100, 24, 12, 32, 1, 40, 11, 50, 15, 46, 99, 104, 97, 116, 46, 118,
    49, 46, 76, 97, 103, 103, 101, 100, 72, 0, 82, 6, 108, 97, 103, 103, 101, 100, 18, 44,
    10, 8, 117, 110, 115, 116, 111, 114, 101, 100, 24, 13, 32, 1, 40, 11, 50, 14, 46, 99,
    104, 97, 116, 46, 118, 49, 46, 77, 97, 114, 107, 115, 72, 0, 82, 8, 117, 110, 115, 116,
    111, 114, 101, 100, 18, 40, 10, 6, 115, 116, 111, 114, 101, 100, 24, 14, 32, 1, 40, 11,
    50, 14, 46, 99, 104, 97, 116, 46, 118, 49, 46, 77, 97, 114, 107, 115, 72, 0, 82, 6,
    115, 116, 111, 114, 101, 100, 18, 38, 10, 5, 101, 114, 114, 111, 114, 24, 15, 32, 1, 40,
    11, 50, 14, 46, 99, 104, 97, 116, 46, 118, 49, 46, 69, 114, 114, 111, 114, 72, 0, 82,
    5, 101, 114, 114, 111, 114, 18, 38, 10, 5, 115, 116, 97, 116, 101, 24, 16, 32, 1, 40,
    11, 50, 14, 46, 99, 104, 97, 116, 46, 118, 49, 46, 83, 116, 97, 116, 101, 72, 0, 82,
    5, 115, 116, 97, 116, 101, 66, 6, 10, 4, 107, 105, 110, 100, 34, 141, 1, 10, 7, 87,
    101, 108, 99, 111, 109, 101, 18, 24, 10, 7, 115, 101, 115, 115, 105, 111, 110, 24, 1, 32,
    1, 40, 9, 82, 7, 115, 101, 115, 115, 105, 111, 110, 18, 18, 10, 4, 110, 105, 99, 107,
    24, 2, 32, 1, 40, 9, 82, 4, 110, 105, 99, 107, 18, 18, 10, 4, 116, 111, 108, 100,
    24, 3, 32, 1, 40, 4, 82, 4, 116, 111, 108, 100, 18, 40, 10, 5, 114, 111, 111, 109,
    115, 24, 4, 32, 3, 40, 11, 50, 18, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82, 111,
    111, 109, 83, 116, 97, 116, 101, 82, 5, 114, 111, 111, 109, 115, 18, 22, 10, 6, 119, 97,
    110, 116, 101, 100, 24, 5, 32, 1, 40, 9, 82, 6, 119, 97, 110, 116, 101, 100, 34, 97,
    10, 9, 82, 111, 111, 109, 83, 116, 97, 116, 101, 18, 18, 10, 4, 114, 111, 111, 109, 24,
    1, 32, 1, 40, 9, 82, 4, 114, 111, 111, 109, 18, 18, 10, 4, 108, 97, 115, 116, 24,
    2, 32, 1, 40, 4, 82, 4, 108, 97, 115, 116, 18, 24, 10, 7, 109, 101, 109, 98, 101,
    114, 115, 24, 3, 32, 1, 40, 4, 82, 7, 109, 101, 109, 98, 101, 114, 115, 18, 18, 10,
    4, 108, 105, 102, 101, 24, 4, 32, 1, 40, 4, 82, 4, 108, 105, 102, 101, 34, 180, 1,
    10, 4, 83, 97, 105, 100, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9,
    82, 4, 114, 111, 111, 109, 18, 18, 10, 4, 102, 114, 111, 109, 24, 2, 32, 1, 40, 9,
    82, 4, 102, 114, 111, 109, 18, 18, 10, 4, 116, 101, 120, 116, 24, 3, 32, 1, 40, 9,
    82, 4, 116, 101, 120, 116, 18, 18, 10, 4, 116, 105, 109, 101, 24, 4, 32, 1, 40, 3,
    82, 4, 116, 105, 109, 101, 18, 22, 10, 6, 110, 117, 109, 98, 101, 114, 24, 5, 32, 1,
    40, 4, 82, 6, 110, 117, 109, 98, 101, 114, 18, 22, 10, 6, 97, 99, 116, 105, 111, 110,
    24, 6, 32, 1, 40, 8, 82, 6, 97, 99, 116, 105, 111, 110, 18, 26, 10, 8, 117, 110,
    115, 116, 111, 114, 101, 100, 24, 7, 32, 1, 40, 8, 82, 8, 117, 110, 115, 116, 111, 114,
    101, 100, 18, 16, 10, 3, 114, 101, 102, 24, 8, 32, 1, 40, 9, 82, 3, 114, 101, 102,
    34, 172, 1, 10, 6, 68, 105, 114, 101, 99, 116, 18, 18, 10, 4, 102, 114, 111, 109, 24,
    1, 32, 1, 40, 9, 82, 4, 102, 114, 111, 109, 18, 14, 10, 2, 116, 111, 24, 2, 32,
    1, 40, 9, 82, 2, 116, 111, 18, 23, 10, 7, 102, 114, 111, 109, 95, 105, 100, 24, 3,
    32, 1, 40, 9, 82, 6, 102, 114, 111, 109, 73, 100, 18, 19, 10, 5, 116, 111, 95, 105,
    100, 24, 4, 32, 1, 40, 9, 82, 4, 116, 111, 73, 100, 18, 18, 10, 4, 116, 101, 120,
    116, 24, 5, 32, 1, 40, 9, 82, 4, 116, 101, 120, 116, 18, 18, 10, 4, 116, 105, 109,
    101, 24, 6, 32, 1, 40, 3, 82, 4, 116, 105, 109, 101, 18, 22, 10, 6, 110, 117, 109,
    98, 101, 114, 24, 7, 32, 1, 40, 4, 82, 6, 110, 117, 109, 98, 101, 114, 18, 16, 10,
    3, 114, 101, 102, 24, 8, 32, 1, 40, 9, 82, 3, 114, 101, 102, 34, 102, 10, 11, 85,
    110, 100, 101, 108, 105, 118, 101, 114, 101, 100, 18, 14, 10, 2, 116, 111, 24, 1, 32, 1,
    40, 9, 82, 2, 116, 111, 18, 19, 10, 5, 116, 111, 95, 105, 100, 24, 2, 32, 1, 40,
    9, 82, 4, 116, 111, 73, 100, 18, 26, 10, 8, 109, 101, 115, 115, 97, 103, 101, 115, 24,
    3, 32, 1, 40, 4, 82, 8, 109, 101, 115, 115, 97, 103, 101, 115, 18, 22, 10, 6, 110,
    117, 109, 98, 101, 114, 24, 4, 32, 1, 40, 4, 82, 6, 110, 117, 109, 98, 101, 114, 34,
    130, 1, 10, 6, 74, 111, 105, 110, 101, 100, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1,
    32, 1, 40, 9, 82, 4, 114, 111, 111, 109, 18, 18, 10, 4, 110, 105, 99, 107, 24, 2,
    32, 1, 40, 9, 82, 4, 110, 105, 99, 107, 18, 14, 10, 2, 105, 100, 24, 3, 32, 1,
    40, 9, 82, 2, 105, 100, 18, 18, 10, 4, 108, 97, 115, 116, 24, 4, 32, 1, 40, 4,
    82, 4, 108, 97, 115, 116, 18, 24, 10, 7, 109, 101, 109, 98, 101, 114, 115, 24, 5, 32,
    1, 40, 4, 82, 7, 109, 101, 109, 98, 101, 114, 115, 18, 18, 10, 4, 108, 105, 102, 101,
    24, 6, 32, 1, 40, 4, 82, 4, 108, 105, 102, 101, 34, 62, 10, 4, 76, 101, 102, 116,
    18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4, 114, 111, 111, 109,
    18, 18, 10, 4, 110, 105, 99, 107, 24, 2, 32, 1, 40, 9, 82, 4, 110, 105, 99, 107,
    18, 14, 10, 2, 105, 100, 24, 3, 32, 1, 40, 9, 82, 2, 105, 100, 34, 81, 10, 7,
    82, 101, 110, 97, 109, 101, 100, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40,
    9, 82, 4, 114, 111, 111, 109, 18, 18, 10, 4, 102, 114, 111, 109, 24, 2, 32, 1, 40,
    9, 82, 4, 102, 114, 111, 109, 18, 14, 10, 2, 116, 111, 24, 3, 32, 1, 40, 9, 82,
    2, 116, 111, 18, 14, 10, 2, 105, 100, 24, 4, 32, 1, 40, 9, 82, 2, 105, 100, 34,
    48, 10, 6, 84, 121, 112, 105, 110, 103, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32,
    1, 40, 9, 82, 4, 114, 111, 111, 109, 18, 18, 10, 4, 110, 105, 99, 107, 24, 2, 32,
    1, 40, 9, 82, 4, 110, 105, 99, 107, 34, 69, 10, 7, 77, 101, 109, 98, 101, 114, 115,
    18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4, 114, 111, 111, 109,
    18, 20, 10, 5, 110, 105, 99, 107, 115, 24, 2, 32, 3, 40, 9, 82, 5, 110, 105, 99,
    107, 115, 18, 16, 10, 3, 105, 100, 115, 24, 3, 32, 3, 40, 9, 82, 3, 105, 100, 115,
    34, 136, 1, 10, 7, 72, 105, 115, 116, 111, 114, 121, 18, 18, 10, 4, 114, 111, 111, 109,
    24, 1, 32, 1, 40, 9, 82, 4, 114, 111, 111, 109, 18, 41, 10, 8, 109, 101, 115, 115,
    97, 103, 101, 115, 24, 2, 32, 3, 40, 11, 50, 13, 46, 99, 104, 97, 116, 46, 118, 49,
    46, 83, 97, 105, 100, 82, 8, 109, 101, 115, 115, 97, 103, 101, 115, 18, 18, 10, 4, 109,
    111, 114, 101, 24, 3, 32, 1, 40, 8, 82, 4, 109, 111, 114, 101, 18, 24, 10, 7, 109,
    105, 115, 115, 105, 110, 103, 24, 4, 32, 1, 40, 9, 82, 7, 109, 105, 115, 115, 105, 110,
    103, 18, 16, 10, 3, 114, 101, 102, 24, 5, 32, 1, 40, 9, 82, 3, 114, 101, 102, 34,
    52, 10, 8, 82, 111, 111, 109, 76, 105, 115, 116, 18, 40, 10, 5, 114, 111, 111, 109, 115,
    24, 1, 32, 3, 40, 11, 50, 18, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82, 111, 111,
    109, 67, 111, 117, 110, 116, 82, 5, 114, 111, 111, 109, 115, 34, 57, 10, 9, 82, 111, 111,
    109, 67, 111, 117, 110, 116, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9,
    82, 4, 114, 111, 111, 109, 18, 24, 10, 7, 109, 101, 109, 98, 101, 114, 115, 24, 2, 32,
    1, 40, 4, 82, 7, 109, 101, 109, 98, 101, 114, 115, 34, 98, 10, 6, 76, 97, 103, 103,
    101, 100, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4, 114, 111,
    111, 109, 18, 22, 10, 6, 109, 105, 115, 115, 101, 100, 24, 2, 32, 1, 40, 4, 82, 6,
    109, 105, 115, 115, 101, 100, 18, 20, 10, 5, 97, 102, 116, 101, 114, 24, 3, 32, 1, 40,
    4, 82, 5, 97, 102, 116, 101, 114, 18, 22, 10, 6, 98, 101, 102, 111, 114, 101, 24, 4,
    32, 1, 40, 4, 82, 6, 98, 101, 102, 111, 114, 101, 34, 53, 10, 5, 77, 97, 114, 107,
    115, 18, 18, 10, 4, 114, 111, 111, 109, 24, 1, 32, 1, 40, 9, 82, 4, 114, 111, 111,
    109, 18, 24, 10, 7, 110, 117, 109, 98, 101, 114, 115, 24, 2, 32, 3, 40, 4, 82, 7,
    110, 117, 109, 98, 101, 114, 115, 34, 51, 10, 5, 83, 116, 97, 116, 101, 18, 20, 10, 5,
    115, 116, 111, 114, 101, 24, 1, 32, 1, 40, 8, 82, 5, 115, 116, 111, 114, 101, 18, 20,
    10, 5, 110, 111, 100, 101, 115, 24, 2, 32, 1, 40, 8, 82, 5, 110, 111, 100, 101, 115,
    34, 85, 10, 5, 69, 114, 114, 111, 114, 18, 18, 10, 4, 99, 111, 100, 101, 24, 1, 32,
    1, 40, 9, 82, 4, 99, 111, 100, 101, 18, 18, 10, 4, 116, 101, 120, 116, 24, 2, 32,
    1, 40, 9, 82, 4, 116, 101, 120, 116, 18, 16, 10, 3, 114, 101, 102, 24, 3, 32, 1,
    40, 9, 82, 3, 114, 101, 102, 18, 18, 10, 4, 115, 97, 105, 100, 24, 4, 32, 1, 40,
    8, 82, 4, 115, 97, 105, 100, 50, 173, 1, 10, 4, 67, 104, 97, 116, 18, 44, 10, 4,
    84, 97, 108, 107, 18, 16, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82, 101, 113, 117, 101,
    115, 116, 26, 14, 46, 99, 104, 97, 116, 46, 118, 49, 46, 69, 118, 101, 110, 116, 40, 1,
    48, 1, 18, 57, 10, 9, 76, 105, 115, 116, 82, 111, 111, 109, 115, 18, 25, 46, 99, 104,
    97, 116, 46, 118, 49, 46, 76, 105, 115, 116, 82, 111, 111, 109, 115, 82, 101, 113, 117, 101,
    115, 116, 26, 17, 46, 99, 104, 97, 116, 46, 118, 49, 46, 82, 111, 111, 109, 76, 105, 115,
    116, 18, 60, 10, 11, 82, 101, 97, 100, 72, 105, 115, 116, 111, 114, 121, 18, 27, 46, 99,
    104, 97, 116, 46, 118, 49, 46, 82, 101, 97, 100, 72, 105, 115, 116, 111, 114, 121, 82, 101,
    113, 117, 101, 115, 116, 26, 16, 46, 99, 104, 97, 116, 46, 118, 49, 46, 72, 105, 115, 116,
    111, 114, 121, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_chat, NULL)

/* chat.v1.Chat */
typedef struct chat_v1_chat_ops {
    int (*talk)(edo_grpc_call *call);
    int (*list_rooms)(edo_grpc_call *call, chat_v1_room_list *out, const chat_v1_list_rooms_request *in);
    int (*read_history)(edo_grpc_call *call, chat_v1_history *out, const chat_v1_read_history_request *in);
} chat_v1_chat_ops;

static inline int chat_v1_chat_talk_send(edo_grpc_call *call,
    const chat_v1_event *message) {
    return edo_grpc_send(call, message, &chat_v1_event_desc);
}

static inline int chat_v1_chat_talk_recv(edo_grpc_call *call,
    chat_v1_request *message) {
    return edo_grpc_recv(call, message, &chat_v1_request_desc);
}

EDO_GRPC_METHOD_BIDI(chat_v1_chat, talk, chat_v1_request, chat_v1_event)
EDO_GRPC_METHOD_UNARY(chat_v1_chat, list_rooms, chat_v1_list_rooms_request, chat_v1_room_list)
EDO_GRPC_METHOD_UNARY(chat_v1_chat, read_history, chat_v1_read_history_request, chat_v1_history)
static const edo_grpc_method chat_v1_chat_methods[] = {
    { "Talk", &chat_v1_request_desc, &chat_v1_event_desc, chat_v1_chat_talk_serve,
      offsetof(chat_v1_chat_ops, talk), true, true, false },
    { "ListRooms", &chat_v1_list_rooms_request_desc, &chat_v1_room_list_desc, chat_v1_chat_list_rooms_serve,
      offsetof(chat_v1_chat_ops, list_rooms), false, false, false },
    { "ReadHistory", &chat_v1_read_history_request_desc, &chat_v1_history_desc, chat_v1_chat_read_history_serve,
      offsetof(chat_v1_chat_ops, read_history), false, false, false },
};
static const edo_grpc_service chat_v1_chat_service = {
    "chat.v1.Chat", chat_v1_chat_methods, 3, &edo_FILE_chat, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void chat_v1_chat_routes(edo_router *r,
    const chat_v1_chat_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &chat_v1_chat_service, ops, arg, opts);
}

/* Calls of chat.v1.Chat: see edo_grpc_channel. */

static inline int chat_v1_chat_talk(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/chat.v1.Chat/Talk", opts);
}

static inline int chat_v1_chat_talk_client_send(edo_grpc_call *call,
    const chat_v1_request *message) {
    return edo_grpc_send(call, message, &chat_v1_request_desc);
}

static inline int chat_v1_chat_talk_client_recv(edo_grpc_call *call,
    chat_v1_event *message) {
    return edo_grpc_recv(call, message, &chat_v1_event_desc);
}

static inline int chat_v1_chat_list_rooms(edo_grpc_channel *ch,
    chat_v1_room_list *out,
    const chat_v1_list_rooms_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/chat.v1.Chat/ListRooms",
        out, &chat_v1_room_list_desc,
        in, &chat_v1_list_rooms_request_desc, arena, opts);
}

static inline int chat_v1_chat_read_history(edo_grpc_channel *ch,
    chat_v1_history *out,
    const chat_v1_read_history_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/chat.v1.Chat/ReadHistory",
        out, &chat_v1_history_desc,
        in, &chat_v1_read_history_request_desc, arena, opts);
}

#endif
