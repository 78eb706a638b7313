#include "copies/contents.h"
#include "model/model.h"
#include "record/document.h"

void contents_write(struct buffer *json, const struct table_sums *sums)
{
    struct column_set columns = columns_visible(&table_contents_table, SUPER_ADMIN);
    buffer_add_byte(json, '[');
    for (size_t i = 0; i < sums->count; i++) {
        const struct table_sum *sum = &sums->tables[i];
        const struct table_content content = { .name = value_text(sum->name),
                                               .row_count = value_integer(sum->rows),
                                               .checksum = value_text(sum->checksum) };
        buffer_add(json, i > 0 ? TEXT(",") : TEXT(""));
        document_write(json, &table_contents_table, content.cells, &columns);
    }
    buffer_add_byte(json, ']');
}

bool contents_read(struct work *work, struct text text, struct table_sums *sums)
{
    struct json json;
    *sums = (struct table_sums){};
    if (!json_read(text, work->arena, &json, &work->error))
        return false;
    for (size_t i = 0; json.kind == JSON_ARRAY && i < json.count; i++) {
        struct table_content content;
        if (!document_read(&table_contents_table, &json.items[i], CREATE, SUPER_ADMIN, work->arena,
                           content.cells, &work->error))
            return false;
        table_sums_add(
            sums, work->arena,
            (struct table_sum){ content.name.text, content.row_count.integer, content.checksum.text });
    }
    return true;
}
