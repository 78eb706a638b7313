#include "queue/steps.h"
#include "record/document.h"
#include "json/json.h"

struct steps steps_of(const struct job_program *program)
{
    struct steps steps = {};
    for (const struct job_action *action = program->actions; action->name; action++)
        steps.list[steps.count++] = (struct job_step){
            .name = value_string(action->name),
            .status = choice_value(step_status, pending),
            .attempts = value_integer(0),
        };
    return steps;
}

struct steps steps_read(struct arena *arena, const struct job_program *program, struct value stored)
{
    struct steps steps = steps_of(program);
    struct json json = {};
    struct error error = {};
    if (!json_read(cell_text(stored), arena, &json, &error) || json.kind != JSON_ARRAY)
        return steps;
    for (size_t i = 0; i < json.count; i++) {
        struct job_step step;
        if (!document_read(&job_steps_table, &json.items[i], CREATE, SUPER_ADMIN, arena, step.cells, &error))
            continue;
        for (size_t at = 0; at < steps.count; at++)
            if (value_equal(steps.list[at].name, step.name))
                steps.list[at] = step;
    }
    return steps;
}

struct value steps_write(struct arena *arena, const struct steps *steps)
{
    struct buffer json = { .arena = arena };
    struct column_set columns = columns_visible(&job_steps_table, SUPER_ADMIN);
    buffer_add_byte(&json, '[');
    for (size_t i = 0; i < steps->count; i++) {
        buffer_add(&json, i > 0 ? TEXT(",") : TEXT(""));
        document_write(&json, &job_steps_table, steps->list[i].cells, &columns);
    }
    buffer_add_byte(&json, ']');
    return value_text(json.text);
}

size_t steps_next(const struct steps *steps)
{
    size_t i = 0;
    while (i < steps->count && is_choice(steps->list[i].status, step_status, completed))
        i++;
    return i;
}
