#include "net/fetch.h"
#include "base/buffer.h"
#include "net/address.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* One question on its way. */
struct dialogue {
    const struct fetch *fetch;
    struct buffer body;
    bool is_too_large, met_private;
};

static void begin_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void free_curl(CURL **curl)
{
    curl_easy_cleanup(*curl);
}

static void free_headers(struct curl_slist **headers)
{
    curl_slist_free_all(*headers);
}

static size_t take(const char *bytes, size_t size, size_t count, void *data)
{
    struct dialogue *dialogue = data;
    size_t length = size * count;
    dialogue->is_too_large = dialogue->body.length + length > FETCH_BODY_MAX;
    if (dialogue->is_too_large)
        return CURL_WRITEFUNC_ERROR;
    buffer_add(&dialogue->body, (struct text){ bytes, length });
    return length;
}

/* Asked for the very address that is called, after the name was looked up: what the DNS says later changes
 * nothing. */
static curl_socket_t open_socket(void *data, curlsocktype, struct curl_sockaddr *address)
{
    struct dialogue *dialogue = data;
    if (!dialogue->fetch->allows_private && !address_is_public(&address->addr)) {
        dialogue->met_private = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static struct curl_slist *headers_of(struct arena *arena, const struct fetch *fetch)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    if (fetch->authorization.length > 0)
        headers = curl_slist_append(
            headers, arena_format(arena, "Authorization: %.*s", TEXT_ARG(fetch->authorization)).data);
    return headers;
}

static void set_bounds(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FETCH_DEADLINE_MS);
}

static void set_question(CURL *curl, struct arena *arena, struct dialogue *dialogue)
{
    const struct fetch *fetch = dialogue->fetch;
    curl_easy_setopt(curl, CURLOPT_URL, arena_string(arena, fetch->url));
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, dialogue);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, dialogue);
    if (*fetch->trusted) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, fetch->trusted);
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* in place of the system's, not beside them */
    }
    if (fetch->form.length == 0)
        return;
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)fetch->form.length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, fetch->form.data);
}

bool fetch(struct arena *arena, const struct fetch *fetch, struct fetched *fetched)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, begin_curl);
    struct dialogue dialogue = { .fetch = fetch, .body = { .arena = arena } };
    [[gnu::cleanup(free_curl)]] CURL *curl = curl_easy_init();
    [[gnu::cleanup(free_headers)]] struct curl_slist *headers = headers_of(arena, fetch);
    *fetched = (struct fetched){};
    if (!curl || !headers)
        abort(); /* out of memory */
    set_bounds(curl);
    set_question(curl, arena, &dialogue);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    fetched->status = (int)status;
    fetched->body = dialogue.body.text;
    snprintf(fetched->why, sizeof fetched->why, "%s",
             dialogue.is_too_large  ? "its answer is too large"
             : dialogue.met_private ? "its address is not a public one"
                                    : curl_easy_strerror(code));
    return code == CURLE_OK;
}
