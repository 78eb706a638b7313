#include "desk.h"
#include "base/buffer.h"
#include "crypto/keyring.h"
#include <stdlib.h>

#define KEY_OTHERS                                                                                           \
    "seal a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"                                                   \
    "pepper a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"                                                 \
    "sign a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
#define COOKIE_A "cookie a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"
#define COOKIE_B "cookie b HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n"

static const char *const rings[] = {
    [DESK_RING] = KEY_OTHERS COOKIE_A,
    [DESK_ROTATED] = KEY_OTHERS COOKIE_B COOKIE_A,
    [DESK_OTHER] = KEY_OTHERS COOKIE_B,
};

void desk_use_ring(struct desk *desk, enum desk_ring ring)
{
    struct error error = {};
    keyring_close(desk->site.keyring);
    if (!keyring_read(&desk->site.keyring, text_from(rings[ring]), &error))
        abort();
}

void desk_begin(struct desk *desk, enum role role)
{
    *desk =
        (struct desk){ .work = { .arena = arena_create(), .site = &desk->site, .actor = { .role = role } } };
    desk_use_ring(desk, DESK_RING);
}

void desk_end(struct desk *desk)
{
    arena_destroy(desk->work.arena);
    keyring_close(desk->site.keyring);
}

bool desk_ask(struct desk *desk, const struct table *table, const char *text, struct query *query)
{
    error_clear(&desk->work.error);
    return query_read(&desk->work, table, text_from(text), false, query);
}

const char *faults_told(struct arena *arena, const struct error *error)
{
    struct buffer buffer = { .arena = arena };
    buffer_add(&buffer, TEXT(""));
    for (size_t i = 0; i < error->fault_count; i++) {
        const struct fault *fault = &error->faults[i];
        buffer_print(&buffer, "%s%s %s%s%s", i ? "; " : "", fault->pointer, error_words[fault->code].code,
                     *fault->about ? " " : "", fault->about);
    }
    return buffer.data;
}
