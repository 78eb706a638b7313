#include "main/pages.h"

enum { PAGE_LIMIT = 100 };

static struct text page_target(const struct invocation *invocation, struct text target, struct text cursor)
{
    return arena_format(invocation->arena, "%.*s%slimit=%d%s%.*s", TEXT_ARG(target),
                        text_contains(target, TEXT("?")) ? "&" : "?", PAGE_LIMIT,
                        cursor.length > 0 ? "&cursor=" : "", TEXT_ARG(cursor));
}

bool pages_read(struct invocation *invocation, struct text target,
                void (*take)(void *context, const struct json *rows), void *context)
{
    [[gnu::cleanup(arena_cleanup)]] struct arena *of_a_page = arena_create();
    struct arena *of_all = invocation->arena;
    struct text cursor = {};
    bool is_read;
    do {
        struct reply reply;
        struct json page;
        invocation->arena = of_a_page;
        is_read = command_read(invocation, page_target(invocation, target, cursor), &reply, &page);
        invocation->arena = of_all;
        if (!is_read)
            break;
        take(context, json_member(&page, TEXT("data")));
        cursor = arena_copy(invocation->arena, command_text(&page, "next_cursor"));
        arena_reset(of_a_page);
    } while (cursor.length > 0);
    return is_read;
}
