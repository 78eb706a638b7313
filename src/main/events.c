/* `nidia events`: what happens, a line each, as it happens. */
#include "base/clock.h"
#include "http/client.h"
#include "main/command.h"
#include <stdio.h>

enum { COME_AGAIN_MS = 500, LINE_MAX_BYTES = 64 * 1024 };

struct following {
    struct invocation *invocation;
    int64_t position;
    struct buffer line;
    struct text type; /* of the event that is being read */
    char type_room[128];
    bool heard; /* anything, since it was last begun */
};

static void print_words(struct following *following, struct text data)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *arena = arena_create();
    struct error ignored = {};
    struct json event;
    if (!json_read(data, arena, &event, &ignored))
        return;
    struct text entity = command_text(&event, "entity_type"), id = command_text(&event, "entity_id");
    printf("%lld %-32.*s %.*s%s%.*s\n", (long long)following->position, TEXT_ARG(following->type),
           TEXT_ARG(entity), id.length > 0 ? "/" : "", TEXT_ARG(id));
}

/* A line of an event: "id: …", "event: …" or "data: …", which is the last. */
static void read_line(struct following *following, struct text line)
{
    struct text name = text_cut(&line, ':'), value = text_trim(line);
    if (text_is(name, "id")) {
        (void)text_to_integer(value, &following->position);
    } else if (text_is(name, "event")) {
        int length = snprintf(following->type_room, sizeof following->type_room, "%.*s", TEXT_ARG(value));
        following->type = text_slice(text_from(following->type_room), 0, (size_t)length);
    } else if (text_is(name, "data") && following->invocation->as_json) {
        printf("{\"position\":%lld,%.*s\n", (long long)following->position,
               TEXT_ARG(text_slice(value, 1, value.length)));
    } else if (text_is(name, "data")) {
        print_words(following, value);
    }
}

static bool take(void *context, struct text piece)
{
    struct following *following = context;
    struct buffer *line = &following->line;
    following->heard = true;
    for (size_t i = 0; i < piece.length; i++) {
        if (piece.data[i] != '\n') {
            if (line->length < LINE_MAX_BYTES)
                buffer_add_byte(line, piece.data[i]);
            continue;
        }
        read_line(following, line->text);
        line->length = 0;
    }
    return fflush(stdout) == 0;
}

/* A server that ends its streams, to start anew, is asked again behind what was heard last. */
int command_events(struct invocation *invocation)
{
    struct following following = { .invocation = invocation,
                                   .position = -1,
                                   .line = { .arena = invocation->arena } };
    const char *since = invocation_take(invocation, "--since");
    if (invocation->count > 0
        || (since && (!text_to_integer(text_from(since), &following.position) || following.position < 0)))
        return invocation_misused(invocation, "events [--since POSITION] [--json]");
    const struct http_taker taker = { take, &following };
    do {
        struct text target = following.position < 0
                               ? TEXT("/api/v1/events")
                               : arena_format(invocation->arena, "/api/v1/events?last_event_id=%lld",
                                              (long long)following.position);
        following.heard = false;
        following.line.length = 0;
        if (!command_receive(invocation, target, &taker))
            return EXIT_FAILED;
        clock_sleep_ms(COME_AGAIN_MS);
    } while (following.heard);
    return EXIT_FAILED;
}
