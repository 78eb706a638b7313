/* The hosts that this process knows, replaced when their rows change; a call under way keeps its own. */
#include "base/memory.h"
#include "hosting/host.h"
#include <stdlib.h>
#include <string.h>

bool host_create(struct host **out, const struct host_driver *driver, const struct host_facts *facts,
                 struct error *error)
{
    struct host *host = memory_new(struct host);
    host->arena = arena_create();
    host->facts = (struct host_facts){
        .id = arena_copy(host->arena, facts->id),
        .name = arena_copy(host->arena, facts->name),
        .url = arena_copy(host->arena, facts->url),
        .folder = arena_copy(host->arena, facts->folder),
    };
    atomic_init(&host->holders, 1);
    if (!driver->open(host, error)) {
        host_release(&host);
        return false;
    }
    *out = host;
    return true;
}

void host_release(struct host **held)
{
    struct host *host = *held;
    if (!host || atomic_fetch_sub(&host->holders, 1) > 1)
        return;
    db_close(atomic_load(&host->kept));
    arena_destroy(host->arena);
    free(host);
}

static struct host *hold(struct host *host)
{
    atomic_fetch_add(&host->holders, 1);
    return host;
}

static bool is_wanted(const struct hosting *hosting, const struct host *host, struct text id)
{
    return id.length > 0 ? text_equal(host->facts.id, id)
                         : text_equal(host->facts.name, hosting->stated.name);
}

bool hosts_take(struct hosting *hosting, struct text id, struct host **host, struct error *error)
{
    *host = NULL;
    pthread_mutex_lock(&hosting->mutex);
    for (size_t i = 0; i < hosting->count && !*host; i++)
        if (is_wanted(hosting, hosting->hosts[i], id))
            *host = hold(hosting->hosts[i]);
    pthread_mutex_unlock(&hosting->mutex);
    return *host || fail(error, ERROR_database_unavailable, "no host %.*s is known here", TEXT_ARG(id));
}

static bool is_same(const struct host_facts *a, const struct host_facts *b)
{
    return text_equal(a->id, b->id) && text_equal(a->name, b->name) && text_equal(a->url, b->url)
        && text_equal(a->folder, b->folder);
}

/* What cannot be opened is not known, and its calls fail; `nidia doctor` tells why. */
static struct host *keep_or_create(const struct hosting *hosting, const struct host_facts *facts)
{
    struct error ignored = {};
    struct host *host = NULL;
    for (size_t i = 0; i < hosting->count; i++)
        if (is_same(&hosting->hosts[i]->facts, facts))
            return hold(hosting->hosts[i]);
    return host_create(&host, hosting->driver, facts, &ignored) ? host : NULL;
}

struct host_list {
    struct host **hosts;
    size_t count;
};

/* Leaves what is held no more. */
static void replace(struct hosting *hosting, const struct host_facts *facts, size_t count,
                    struct host_list *before)
{
    struct host **hosts = memory_array(struct host *, count + 1);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct host *host = keep_or_create(hosting, &facts[i]);
        if (host)
            hosts[kept++] = host;
    }
    *before = (struct host_list){ hosting->hosts, hosting->count };
    hosting->hosts = hosts;
    hosting->count = kept;
}

void hosts_set(struct hosting *hosting, uint64_t reading, const struct host_facts *facts, size_t count)
{
    struct host_list before = {};
    pthread_mutex_lock(&hosting->mutex);
    if (reading_is_believed(&hosting->readings, reading))
        replace(hosting, facts, count, &before);
    pthread_mutex_unlock(&hosting->mutex);
    for (size_t i = 0; i < before.count; i++)
        host_release(&before.hosts[i]);
    free(before.hosts);
}
