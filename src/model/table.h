/* The vocabulary of the model: everything a .def file may say. */
#pragma once
#include "base/value.h"
#include "model/each.h"
#include "model/role.h"

enum action { READ, CREATE, UPDATE, DELETE, ACTION_COUNT };

/* clang-format off */
/* Of a column. */
enum trait {
    KEY = 1 << 0,         /* the primary key */
    REQUIRED = 1 << 1,    /* never null */
    UNIQUE = 1 << 2,
    FIXED = 1 << 3,       /* set when created, never changed */
    COMPUTED = 1 << 4,    /* set by the server alone */
    SECRET = 1 << 5,      /* sealed or hashed; in no reply, log, audit record or filter */
    PERSONAL = 1 << 6,    /* exported and erased with the table's .subject */
    INDEXED = 1 << 7,     /* alone, with id behind it: may be sorted by */
    SEARCHED = 1 << 8,    /* folded into the row's search text */
    COUNTED = 1 << 9,     /* moved only by guarded UPDATEs; changes no revision, no audit record */
    BESIDE = 1 << 11,     /* no column of the database: stands in the answers that fill it in (auth/me) */
    GUARDED = 1 << 12,    /* changed by who has proven lately who he is (.guarded says the same of actions) */
    WRITE_ONLY = 1 << 10, /* no column of the database: a member that CREATE alone takes (users.password) */
};
/* clang-format on */

enum table_trait {
    SHARED = 1 << 0,      /* no tenant's: said aloud, or .tenant is set */
    APPENDED = 1 << 1,    /* rows are never changed nor removed; triggers see to it */
    UNAUDITED = 1 << 2,   /* its changes leave no audit record (the audit itself, jobs, events) */
    NULL_IS_ALL = 1 << 3, /* a row without tenant is for every tenant, else for none */
    CACHED = 1 << 4,      /* other nodes hold it in memory: a change announces its key */
    INNER = 1 << 5,       /* no API of its own */
    ALWAYS_OPEN = 1 << 7, /* its tenant's people change it also where their service is read-only */
    TOLD = 1 << 8,        /* UNAUDITED, and yet its changes are events */
    MONEY = 1 << 9,       /* who acts in another's name neither reads nor changes it */
    CREDENTIALS =
        1 << 10,    /* how people and machines get in: neither does that one change it, nor any machine */
    SHAPE = 1 << 6, /* not a table of the database: the members of each object of a TYPE_rows column */
};

enum removal { RESTRICT, CASCADE, SET_NULL };

/* clang-format off */
enum type_id {
    TYPE_uuid, TYPE_reference, TYPE_text, TYPE_slug, TYPE_email, TYPE_url, TYPE_domain, TYPE_address, TYPE_hash,
    TYPE_choice, TYPE_integer, TYPE_money, TYPE_gigabytes, TYPE_boolean, TYPE_timestamp, TYPE_date, TYPE_currency,
    TYPE_country, TYPE_zone, TYPE_language, TYPE_texts, TYPE_object, TYPE_rows, TYPE_any, TYPE_COUNT
};
/* clang-format on */

/* What a type of column is to each walker; one line a type, in type.c. */
struct type {
    enum value_kind kind;
    const char *sql[2]; /* by engine */
    const char *json_type, *json_format, *json_pattern;
    int64_t min, max; /* of a number, or a text's length in code points, unless the column says */
    bool (*accepts)(struct text text); /* beyond length and characters; NULL accepts all */
    const char *article;               /* "a whole number": what an error says it must be */
};
extern const struct type types[TYPE_COUNT];

struct choices {
    size_t count;
    const struct text *texts;
};

struct column {
    const char *name;
    enum type_id type;
    unsigned is;                  /* traits */
    unsigned hidden_from, set_by; /* roles; set_by 0 = all who may create or update */
    int64_t min, max;             /* of a number, a length, or a count of items; 0 = the type's own */
    const struct choices *choices;
    const struct table *references;
    enum removal on_delete;
    const char *initially;     /* a plain value; ddl.c quotes it */
    const struct table *shape; /* of TYPE_rows: the members of each object */
    /* Of what is sealed under the ring: the SQL of what stands behind "TABLE.COLUMN:" in its place
     * (crypto/seal.h). What says it is sealed anew when the key changes. */
    const char *seal_place;
    const char *unit, *doc;
};

enum { INDEX_KEYS_MAX = 4, RULES_MAX = 3 };

struct index {
    uint8_t on[INDEX_KEYS_MAX + 1];
    bool unique;
    const char *where;
};

struct constraint {
    const char *name, *sql, *says;
};

/* A condition on rows, for some roles; $actor and $tenant stand for the reader's user and tenant ids;
 * $entity_is_shown, in a row that tells of another by entity_type and entity_id, for the rules of that one.
 */
struct rule {
    unsigned role;
    const char *sql;
};

struct table {
    const char *name, *row_name;
    const struct column *columns;
    const struct index *indexes;          /* ended by on[0] == 0 */
    const struct constraint *constraints; /* ended by name == NULL */
    size_t width;
    unsigned is;                /* table traits */
    unsigned may[ACTION_COUNT]; /* roles; none = no such call */
    unsigned guarded;           /* actions, as bits 1 << action */
    uint8_t tenant;             /* the wall: whose row it is */
    uint8_t owner;
    unsigned own_only; /* roles that see only rows whose .owner they are */
    uint8_t known_by;  /* stands in a path in place of the id */
    uint8_t subject;   /* whose personal data it holds: a users or tenants id */
    struct rule shown_if[RULES_MAX];
    struct rule changed_if[RULES_MAX]; /* rows that PATCH and DELETE may touch, by role */
    const char *changed_says;          /* the same in words */
    const char *doc;
};

/* Columns are counted from 1, so that 0 says none. */
static inline const struct column *column_at(const struct table *table, uint8_t at)
{
    return &table->columns[at - 1];
}

static inline bool column_is_stored(const struct column *column)
{
    return !(column->is & (WRITE_ONLY | BESIDE));
}

/* Kept as JSON: a list or an object, or any of it. */
static inline bool column_is_json(const struct column *column)
{
    return column->type >= TYPE_texts && column->type <= TYPE_any;
}

/* Decimals that the API shows of what is kept as an integer. */
static inline int column_places(const struct column *column)
{
    return column->type == TYPE_gigabytes ? 3 : 0;
}

static inline int64_t column_min(const struct column *column)
{
    return column->min ? column->min : types[column->type].min;
}

static inline int64_t column_max(const struct column *column)
{
    return column->max ? column->max : types[column->type].max;
}
