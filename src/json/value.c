/* Looking into a document. */
#include "json/json.h"
#include <stdlib.h>

const struct json *json_member(const struct json *object, struct text name)
{
    if (object->kind != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->count; i++)
        if (text_equal(object->members[i].name, name))
            return &object->members[i].value;
    return NULL;
}

struct text json_member_text(const struct json *object, const char *name)
{
    const struct json *member = json_member(object, text_from(name));
    return member && member->kind == JSON_TEXT ? member->text : (struct text){};
}

/* A number's digits without the zeros at both ends: digits * 10^exponent. */
struct decimal {
    bool negative;
    char digits[JSON_NUMBER_MAX];
    int count, exponent;
};

static int read_exponent(struct text text)
{
    enum { BEYOND = 10'000 }; /* of any number that has a use; it cannot overflow */
    bool negative = text.length > 0 && text.data[0] == '-';
    int exponent = 0;
    for (size_t i = 0; i < text.length && exponent < BEYOND; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            exponent = exponent * 10 + (text.data[i] - '0');
    return negative ? -exponent : exponent;
}

static struct decimal decimal_of(struct text number)
{
    struct decimal decimal = {};
    bool in_fraction = false;
    for (size_t i = 0; i < number.length; i++) {
        char byte = number.data[i];
        if (byte == 'e' || byte == 'E') {
            decimal.exponent += read_exponent(text_slice(number, i + 1, number.length));
            break;
        }
        if (byte == '-')
            decimal.negative = true;
        else if (byte == '.')
            in_fraction = true;
        else {
            if (decimal.count > 0 || byte != '0')
                decimal.digits[decimal.count++] = byte;
            decimal.exponent -= in_fraction;
        }
    }
    while (decimal.count > 0 && decimal.digits[decimal.count - 1] == '0') {
        decimal.count--;
        decimal.exponent++;
    }
    return decimal;
}

bool json_scaled(const struct json *json, int places, int64_t *scaled)
{
    enum { INT64_DIGITS = 19 };
    if (json->kind != JSON_NUMBER)
        return false;
    struct decimal decimal = decimal_of(json->text);
    int zeros = decimal.count > 0 ? decimal.exponent + places : 0;
    if (zeros < 0 || decimal.count + zeros > INT64_DIGITS)
        return false;
    int64_t sum = 0;
    for (int i = 0; i < decimal.count + zeros; i++) {
        int digit = i < decimal.count ? decimal.digits[i] - '0' : 0;
        if (__builtin_mul_overflow(sum, 10, &sum)
            || __builtin_add_overflow(sum, decimal.negative ? -digit : digit, &sum))
            return false;
    }
    *scaled = sum;
    return true;
}

bool json_integer(const struct json *json, int64_t *integer)
{
    return json_scaled(json, 0, integer);
}

static bool number_is_plain(struct text number)
{
    size_t mantissa = 0;
    while (mantissa < number.length && number.data[mantissa] != 'e' && number.data[mantissa] != 'E')
        mantissa++;
    int exponent = read_exponent(text_slice(number, mantissa + 1, number.length));
    return exponent == 0 || (int)mantissa + abs(exponent) < JSON_NUMBER_MAX - 1; /* for "0." */
}

bool json_is_plain(const struct json *json)
{
    if (json->kind == JSON_NUMBER)
        return number_is_plain(json->text);
    bool plain = true;
    for (size_t i = 0; i < json->count && plain; i++)
        plain = json_is_plain(json->kind == JSON_ARRAY ? &json->items[i] : &json->members[i].value);
    return plain;
}

static bool numbers_equal(const struct json *a, const struct json *b)
{
    int64_t x, y;
    if (json_integer(a, &x) && json_integer(b, &y))
        return x == y;
    return text_equal(a->text, b->text);
}

static bool objects_equal(const struct json *a, const struct json *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct json_member *member = &a->members[i];
        bool in_place = text_equal(member->name, b->members[i].name);
        const struct json *other = in_place ? &b->members[i].value : json_member(b, member->name);
        if (!other || !json_equal(&member->value, other))
            return false;
    }
    return true;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!json_equal(&a->items[i], &b->items[i]))
            return false;
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case JSON_NULL: return true;
    case JSON_BOOLEAN: return a->boolean == b->boolean;
    case JSON_NUMBER: return numbers_equal(a, b);
    case JSON_TEXT: return text_equal(a->text, b->text);
    case JSON_ARRAY: return arrays_equal(a, b);
    case JSON_OBJECT: return objects_equal(a, b);
    }
    return false;
}
