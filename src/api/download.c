#include "api/download.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In the exchange's arena, which lives as long as its stream. */
struct reading {
    struct stream stream;
    int file;
    int64_t left;
};

/* What was shortened meanwhile ends early: the client sees that it has not got all. */
static size_t read_next(void *reader, bool, char *room, size_t size, bool *over)
{
    struct reading *reading = reader;
    size_t wanted = reading->left < (int64_t)size ? (size_t)reading->left : size;
    ssize_t got;
    do
        got = read(reading->file, room, wanted);
    while (got < 0 && errno == EINTR);
    size_t taken = got > 0 ? (size_t)got : 0;
    reading->left -= (int64_t)taken;
    *over = reading->left == 0 || taken == 0;
    return taken;
}

static void close_reading(void *reader)
{
    struct reading *reading = reader;
    close(reading->file);
}

/* The loop reads the file between requests: the kernel is told to have it ready. */
static bool open_file(struct call *call, const char *path, int64_t size, int *file)
{
    struct stat status;
    *file = open(path, O_RDONLY | O_CLOEXEC);
    if (*file < 0)
        return fail(&call->work.error, ERROR_conflict, "the file is not on this machine: %s",
                    strerror(errno));
    if (fstat(*file, &status) != 0 || status.st_size != size) {
        close(*file);
        return fail(&call->work.error, ERROR_conflict, "the file is not what was written");
    }
    (void)posix_fadvise(*file, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

bool answer_file(struct call *call, const char *path, int64_t size, struct text name)
{
    struct response *response = call->response;
    struct reading *reading = arena_new(call->work.arena, struct reading);
    *reading = (struct reading){ .stream = { reading, read_next, close_reading }, .left = size };
    if (!open_file(call, path, size, &reading->file))
        return false;
    response->status = 200;
    response->content_type = TEXT("application/octet-stream");
    response_header(response, TEXT("Content-Disposition"),
                    arena_format(call->work.arena, "attachment; filename=\"%.*s\"", TEXT_ARG(name)));
    response->stream = &reading->stream;
    response->stream_length = size;
    return true;
}
