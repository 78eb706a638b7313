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

struct fetching {
    struct invocation *invocation;
    struct json record;
    const char *part; /* the file's name until it is whole */
    struct text target;
    struct reply reply;
    bool has_begun;
    int file;
};

static bool write_piece(void *context, struct text piece)
{
    struct fetching *fetching = context;
    bool is_all_of_it = !fetching->has_begun && fetching->reply.status == 200;
    fetching->has_begun = true;
    if (is_all_of_it && ftruncate(fetching->file, 0) != 0)
        return false;
    for (size_t at = 0; at < piece.length;) {
        ssize_t wrote = write(fetching->file, piece.data + at, piece.length - at);
        if (wrote < 0 && errno != EINTR)
            return false;
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

static int64_t size_of(const struct fetching *fetching)
{
    int64_t size;
    return text_to_integer(command_text(&fetching->record, "size"), &size) ? size : 0;
}

/* Only what has not come before is asked for. */
static bool receive_rest(struct fetching *fetching)
{
    struct invocation *invocation = fetching->invocation;
    struct arena *arena = invocation->arena;
    int64_t has = lseek(fetching->file, 0, SEEK_END), size = size_of(fetching);
    struct text sha256 = command_text(&fetching->record, "sha256");
    const struct header headers[] = {
        { TEXT("Range"), arena_format(arena, "bytes=%lld-", (long long)has) },
        { TEXT("If-Range"), arena_format(arena, "\"%.*s\"", TEXT_ARG(sha256)) },
    };
    const struct command_request request = {
        .target = arena_format(arena, "%.*s/download", TEXT_ARG(fetching->target)),
        .headers = headers,
        .header_count = has > 0 && has < size ? sizeof headers / sizeof *headers : 0,
    };
    const struct http_taker taker = { write_piece, fetching };
    struct error error = {};
    if (has == size)
        return true;
    if (!command_receive(invocation, &request, &taker, &fetching->reply, &error))
        invocation_failed(invocation, &error);
    else if (fetching->reply.status >= 400)
        command_say_problem(invocation, &fetching->reply);
    has = lseek(fetching->file, 0, SEEK_END);
    if (has < size)
        fprintf(stderr, "nidia: %s has %lld of %lld bytes; asked again, it goes on there\n", fetching->part,
                (long long)has, (long long)size);
    return has >= size;
}

/* What arrived is compared with what the record says of the file. */
static bool keep_whole(struct fetching *fetching, const char *path)
{
    struct error error = {};
    struct file_hash hash;
    struct arena *arena = fetching->invocation->arena;
    bool is_whole = file_hash_take(fetching->part, arena, &hash, &error)
                 && text_equal(hash.sha256, command_text(&fetching->record, "sha256"));
    bool is_kept = is_whole && link(fetching->part, path) == 0;
    if (is_whole && !is_kept)
        fprintf(stderr, "nidia: %s: %s; all of it is in %s\n", path, strerror(errno), fetching->part);
    else if (!is_whole)
        fprintf(stderr, "nidia: %s has not arrived whole\n", path);
    if (is_kept || !is_whole) /* else it stays, to be kept elsewhere */
        unlink(fetching->part);
    return is_kept;
}

static bool fetch_into(struct invocation *invocation, struct text id, const char *path)
{
    struct arena *arena = invocation->arena;
    struct reply reply;
    const char *part = arena_format(arena, "%s.%.*s.part", path, TEXT_ARG(id)).data;
    if (access(path, F_OK) == 0) {
        fprintf(stderr, "nidia: %s: %s\n", path, strerror(EEXIST));
        return false;
    }
    [[gnu::cleanup(file_cleanup)]] int file =
        open(part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct fetching fetching = { .invocation = invocation, .part = part, .file = file };
    fetching.target = arena_format(arena, "/api/v1/tenant_backups/%.*s", TEXT_ARG(id));
    if (file < 0) {
        fprintf(stderr, "nidia: %s: %s\n", part, strerror(errno));
        return false;
    }
    if (!command_read(invocation, fetching.target, &reply, &fetching.record) || !receive_rest(&fetching)
        || !keep_whole(&fetching, path))
        return false;
    print_record(invocation, &reply, shown);
    return true;
}

int tenant_fetch(struct invocation *invocation)
{
    struct text tenant_id, id;
    const char *path = invocation_take(invocation, "--to"), *which = invocation_take(invocation, "--export");
    if (invocation->count != 1 || !path)
        return invocation_say_usage(invocation);
    if (which && strcmp(which, "newest") != 0)
        id = text_from(which);
    else if (!tenant_find_id(invocation, invocation->arguments[0], &tenant_id)
             || !tenant_find_newest(invocation, tenant_id, "export", &id))
        return EXIT_FAILED;
    return fetch_into(invocation, id, path) ? EXIT_DONE : EXIT_FAILED;
}
