#include "crypto/file_hash.h"
#include "base/file.h"
#include "crypto/algorithms.h"
#include "crypto/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024 };

static void free_digest(EVP_MD_CTX **digest)
{
    EVP_MD_CTX_free(*digest);
}

bool file_hash_take(const char *path, struct arena *arena, struct file_hash *hash, struct error *error)
{
    [[gnu::cleanup(file_cleanup)]] int file = open(path, O_RDONLY | O_CLOEXEC);
    [[gnu::cleanup(free_digest)]] EVP_MD_CTX *digest = EVP_MD_CTX_new();
    unsigned char sum[SHA256_SIZE], *piece = arena_alloc(arena, PIECE_BYTES);
    int64_t size = 0;
    ssize_t got = -1;
    algorithm_require(digest && EVP_DigestInit_ex2(digest, algorithms()->sha256, NULL) == 1);
    while (file >= 0 && (got = read(file, piece, PIECE_BYTES)) > 0) {
        algorithm_require(EVP_DigestUpdate(digest, piece, (size_t)got) == 1);
        size += got;
    }
    if (got < 0)
        return fail(error, ERROR_internal, "%s: %s", path, strerror(errno));
    algorithm_require(EVP_DigestFinal_ex(digest, sum, NULL) == 1);
    *hash = (struct file_hash){ hex_encode(arena, TEXT_BYTES(sum)), size };
    return true;
}
