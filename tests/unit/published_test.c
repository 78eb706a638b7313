/* What identity providers publish, where several ask for it at once. */
#include "net/fetch.h"
#include "sso/published.h"
#include "world.h"

static const struct text url = TEXT_CONSTANT("https://provider.test/keys");

/* What the provider gives, and what happens while it is on its way. */
static struct provider {
    struct text document;
    void (*meanwhile)(struct world *world);
    struct world *world;
    int asked;
} provider;

bool __wrap_fetch(struct arena *arena, const struct fetch *question, struct fetched *answer);
bool __wrap_fetch(struct arena *arena, const struct fetch *, struct fetched *answer)
{
    void (*meanwhile)(struct world * world) = provider.meanwhile;
    *answer = (struct fetched){ .status = 200, .body = arena_copy(arena, provider.document) };
    provider.asked++;
    provider.meanwhile = NULL;
    if (meanwhile)
        meanwhile(provider.world);
    return true;
}

static struct text read_keys(struct world *world)
{
    struct text document = {};
    CHECK(published_read(&world->work, url, false, PUBLISHED_KEPT_MS, &document));
    return document;
}

static void change_keys(struct world *world)
{
    provider.document = TEXT("new keys");
    CHECK(text_is(read_keys(world), "new keys"));
}

TEST_IN_WORLD(keys_that_were_asked_for_before_they_changed_are_not_kept)
{
    provider = (struct provider){ TEXT("old keys"), change_keys, world, 0 };
    world->site.published = published_create();
    CHECK(text_is(read_keys(world), "old keys"));
    CHECK(text_is(read_keys(world), "new keys") && provider.asked == 2);
    published_destroy(world->site.published);
}
