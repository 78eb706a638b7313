/* `nidia tenant fetch`: an export brought to whoever asks, and looked at whether it is whole. */
#include "base/file.h"
#include "crypto/file_hash.h"
#include "http/client.h"
#include "main/print.h"
#include "main/tenant.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const shown[] = { "id",     "kind",      "file",           "size",
                                     "sha256", "row_count", "schema_version", NULL };

static bool write_piece(void *context, struct text piece)
{
    const int *file = context;
    for (size_t at = 0; at < piece.length;) {
        ssize_t wrote = write(*file, piece.data + at, piece.length - at);
        if (wrote < 0 && errno != EINTR)
            return false;
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* What arrived is compared with what the record says of the file. */
static bool fetch_into(struct invocation *invocation, struct text id, const char *path)
{
    struct reply reply;
    struct json record;
    struct error error = {};
    struct file_hash hash;
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const struct http_taker taker = { write_piece, &file };
    struct text target = arena_format(invocation->arena, "/api/v1/tenant_backups/%.*s", TEXT_ARG(id));
    struct text content = arena_format(invocation->arena, "%.*s/download", TEXT_ARG(target));
    if (file < 0) {
        fprintf(stderr, "nidia: %s: %s\n", path, strerror(errno));
        return false;
    }
    bool is_whole = command_read(invocation, target, &reply, &record)
                 && command_receive(invocation, content, &taker)
                 && file_hash_take(path, invocation->arena, &hash, &error)
                 && text_equal(hash.sha256, command_text(&record, "sha256"));
    if (is_whole) {
        print_record(invocation, &reply, shown);
        return true;
    }
    fprintf(stderr, "nidia: %s has not arrived whole\n", path);
    unlink(path);
    return false;
}

int tenant_fetch(struct invocation *invocation)
{
    struct text tenant_id, id;
    const char *path = invocation_take(invocation, "--to"), *which = invocation_take(invocation, "--export");
    if (invocation->count != 1 || !path)
        return invocation_misused(invocation, "tenant fetch SLUG|ID [--export ID|newest] --to FILE");
    if (which && strcmp(which, "newest") != 0)
        id = text_from(which);
    else if (!tenant_find_id(invocation, invocation->arguments[0], &tenant_id)
             || !tenant_find_newest(invocation, tenant_id, "export", &id))
        return EXIT_FAILED;
    return fetch_into(invocation, id, path) ? EXIT_DONE : EXIT_FAILED;
}
