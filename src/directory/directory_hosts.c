/* Verified domains in memory: whose a host is. */
#include "base/memory.h"
#include "base/random.h"
#include "directory/directory_parts.h"
#include <stdlib.h>
#include <string.h>

enum host_key { HOST_domain_id, HOST_name, HOST_KEYS };

struct host {
    uint32_t told; /* in which reading of all, or since */
    uint32_t length;
    char domain_id[UUID_LENGTH], tenant_id[UUID_LENGTH];
    char name[];
};

static struct text key_of(const void *thing, unsigned key)
{
    const struct host *host = thing;
    return key == HOST_name ? (struct text){ host->name, host->length } : TEXT_BYTES(host->domain_id);
}

void directory_hosts_create(struct directory *directory)
{
    directory->hosts = shards_create(&(struct shards_options){ directory->reclaimer, HOST_KEYS, key_of });
    pthread_mutex_init(&directory->hearing, NULL);
}

static void free_host(const void *host, void *)
{
    free((void *)host);
}

void directory_hosts_destroy(struct directory *directory)
{
    shards_visit(directory->hosts, free_host, NULL);
    shards_destroy(directory->hosts);
    pthread_mutex_destroy(&directory->hearing);
}

struct text directory_host_name(struct text host, char buffer[static HOST_NAME_MAX_BYTES])
{
    struct text name = text_slice(host, 0, text_find_byte(host, ':'));
    if (text_ends(name, TEXT(".")))
        name.length--;
    if (name.length > HOST_NAME_MAX_BYTES)
        return TEXT("");
    for (size_t i = 0; i < name.length; i++)
        buffer[i] = byte_lower(name.data[i]);
    return (struct text){ buffer, name.length };
}

const struct directory_entry *directory_find_host(struct directory *directory, struct text name)
{
    const struct host *host = shards_find(directory->hosts, HOST_name, name);
    return host ? directory_find(directory, ENTRY_id, TEXT_BYTES(host->tenant_id)) : NULL;
}

void directory_begin_hosts(struct directory *directory)
{
    pthread_mutex_lock(&directory->hearing);
}

void directory_end_hosts(struct directory **directory)
{
    pthread_mutex_unlock(&(*directory)->hearing);
}

/* Either may be NULL. */
static void replace(struct directory *directory, const struct host *old, const struct host *host)
{
    if (!old && !host)
        return;
    directory->host_count += (host != NULL);
    directory->host_count -= (old != NULL);
    shards_replace(directory->hosts, old, host);
    reclaimer_collect(directory->reclaimer);
}

void directory_put_host(struct directory *directory, struct text domain_id, struct text tenant_id,
                        struct text name)
{
    struct host *host = memory_require(malloc(sizeof *host + name.length));
    *host = (struct host){ .told = directory->telling, .length = (uint32_t)name.length };
    memcpy(host->domain_id, domain_id.data, sizeof host->domain_id);
    memcpy(host->tenant_id, tenant_id.data, sizeof host->tenant_id);
    memcpy(host->name, name.data, name.length);

    pthread_mutex_lock(&directory->writing);
    const struct host *old = shards_find(directory->hosts, HOST_domain_id, domain_id);
    const struct host *rival = shards_find(directory->hosts, HOST_name, name);
    if (rival != old)
        replace(directory, rival, NULL); /* it has lost the name; the news of that is under way */
    replace(directory, old, host);
    pthread_mutex_unlock(&directory->writing);
}

void directory_remove_host(struct directory *directory, struct text domain_id)
{
    pthread_mutex_lock(&directory->writing);
    replace(directory, shards_find(directory->hosts, HOST_domain_id, domain_id), NULL);
    pthread_mutex_unlock(&directory->writing);
}

void directory_begin_all_hosts(struct directory *directory)
{
    directory->telling++;
}

/* Those that were not told of in this reading. */
struct stale {
    uint32_t telling;
    const struct host **hosts;
    size_t count;
};

static void look(const void *thing, void *data)
{
    const struct host *host = thing;
    struct stale *stale = data;
    if (host->told != stale->telling)
        stale->hosts[stale->count++] = host;
}

void directory_end_all_hosts(struct directory *directory)
{
    pthread_mutex_lock(&directory->writing);
    struct stale stale = { directory->telling, memory_array(const struct host *, directory->host_count + 1),
                           0 };
    shards_visit(directory->hosts, look, &stale);
    for (size_t i = 0; i < stale.count; i++)
        replace(directory, stale.hosts[i], NULL);
    free(stale.hosts);
    pthread_mutex_unlock(&directory->writing);
}
