#include "api/download.h"
#include "api/call.h"
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

static bool read_count(struct text digits, int64_t *count)
{
    return digits.length > 0 && digits.data[0] != '-' && text_to_integer(digits, count);
}

/* "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-COUNT". False: it is none of these. */
static bool read_range(struct text range, int64_t size, int64_t *first, int64_t *past)
{
    int64_t from, to;
    struct text unit = text_cut(&range, '=');
    size_t dash = text_find_byte(range, '-');
    if (!text_equal_blind(unit, TEXT("bytes")) || dash == range.length)
        return false;
    struct text head = text_slice(range, 0, dash), tail = text_slice(range, dash + 1, range.length);
    if (head.length == 0) {
        bool is_read = read_count(tail, &to);
        *first = !is_read || to == 0 ? size : to < size ? size - to : 0;
        *past = size;
        return is_read;
    }
    if (!read_count(head, &from) || (tail.length > 0 && (!read_count(tail, &to) || to < from)))
        return false;
    *first = from;
    *past = tail.length > 0 && to < size ? to + 1 : size;
    return true;
}

static struct text etag_of(struct call *call, const struct download *download)
{
    return arena_format(call->work.arena, "\"%.*s\"", TEXT_ARG(download->sha256));
}

bool download_choose(struct call *call, struct download *download)
{
    struct text range = request_header(call->request, TEXT("Range"));
    struct text unless = request_header(call->request, TEXT("If-Range"));
    bool is_wanted = call->request->method == METHOD_GET && download->size > 0
                  && (unless.length == 0 || text_equal(unless, etag_of(call, download)));
    if (!is_wanted || !read_range(range, download->size, &download->first, &download->past)) {
        download->first = 0;
        download->past = download->size;
    }
    if (download->first < download->past || download->size == 0)
        return true;
    call->state->range = arena_format(call->work.arena, "bytes */%lld", (long long)download->size);
    return fail(&call->work.error, ERROR_range_not_satisfiable, "%lld", (long long)download->size);
}

/* The loop reads the file between requests: the kernel is told to have it ready. */
static bool open_file(struct call *call, const struct download *download, int *file)
{
    struct stat status;
    *file = open(download->path, O_RDONLY | O_CLOEXEC);
    if (*file < 0)
        return fail(&call->work.error, ERROR_conflict, "the file is not on this machine: %s",
                    strerror(errno));
    if (fstat(*file, &status) != 0 || status.st_size != download->size
        || lseek(*file, download->first, SEEK_SET) != download->first) {
        close(*file);
        return fail(&call->work.error, ERROR_conflict, "the file is not what was written");
    }
    (void)posix_fadvise(*file, download->first, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

static void add_headers(struct call *call, const struct download *download, bool is_part)
{
    struct arena *arena = call->work.arena;
    struct response *response = call->response;
    response_header(response, TEXT("Content-Disposition"),
                    arena_format(arena, "attachment; filename=\"%.*s\"", TEXT_ARG(download->name)));
    response_header(response, TEXT("Accept-Ranges"), TEXT("bytes"));
    response_header(response, TEXT("ETag"), etag_of(call, download));
    if (is_part)
        response_header(response, TEXT("Content-Range"),
                        arena_format(arena, "bytes %lld-%lld/%lld", (long long)download->first,
                                     (long long)download->past - 1, (long long)download->size));
}

bool answer_download(struct call *call, const struct download *download)
{
    struct response *response = call->response;
    struct reading *reading = arena_new(call->work.arena, struct reading);
    int64_t length = download->past - download->first;
    bool is_part = length < download->size;
    *reading = (struct reading){ .stream = { reading, read_next, close_reading }, .left = length };
    if (!open_file(call, download, &reading->file))
        return false;
    response->status = is_part ? 206 : 200;
    response->content_type = TEXT("application/octet-stream");
    add_headers(call, download, is_part);
    response->stream = &reading->stream;
    response->stream_length = length;
    return true;
}
