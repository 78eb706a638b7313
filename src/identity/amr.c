#include "identity/amr.h"
#include "json/json.h"

static const struct {
    enum amr amr;
    const char *word;
} words[] = {
    { AMR_PASSWORD, "pwd" },    { AMR_CODE, "otp" },      { AMR_PASSKEY, "pop" },
    { AMR_TWO_FACTORS, "mfa" }, { AMR_FEDERATED, "fed" },
};
enum { WORD_COUNT = sizeof words / sizeof *words };

struct text amr_write(struct arena *arena, unsigned amr)
{
    struct buffer list = { .arena = arena };
    for (int i = 0; i < WORD_COUNT; i++)
        if (amr & words[i].amr)
            buffer_print(&list, "%s\"%s\"", list.length > 0 ? "," : "[", words[i].word);
    buffer_add(&list, list.length > 0 ? TEXT("]") : TEXT("[]"));
    return list.text;
}

unsigned amr_read(struct arena *arena, struct text list)
{
    struct json json;
    struct error error = {};
    unsigned amr = 0;
    if (!json_read(list, arena, &json, &error))
        return 0;
    for (size_t i = 0; json.kind == JSON_ARRAY && i < json.count; i++)
        for (int j = 0; j < WORD_COUNT; j++)
            if (text_is(json.items[i].text, words[j].word))
                amr |= words[j].amr;
    return amr;
}
