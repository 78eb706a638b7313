#include "jansson_reader.h"
#include <dlfcn.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Not linked, for then its calls of json_integer would end in ours. */
static void *function_named(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_LOCAL);
    void *function = library ? dlsym(library, name) : NULL;
    if (!function) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    return function;
}

struct jansson_reading jansson_read(struct arena *arena, struct text text)
{
    static typeof(json_loadb) *load;
    static typeof(json_dumps) *dump;
    static typeof(json_delete) *delete;
    if (!load) {
        load = function_named("json_loadb");
        dump = function_named("json_dumps");
        delete = function_named("json_delete");
    }
    json_error_t error;
    json_t *json = load(text.data, text.length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!json)
        return (struct jansson_reading){ .why = arena_copy(arena, text_from(error.text)) };
    char *written = dump(json, JSON_ENCODE_ANY | JSON_COMPACT);
    struct jansson_reading reading = { .taken = true, .written = arena_copy(arena, text_from(written)) };
    free(written);
    if (json->refcount != (size_t)-1 && --json->refcount == 0)
        delete (json);
    return reading;
}
