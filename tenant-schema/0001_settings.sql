-- What the tenant has decided for itself, and the people who work in it.

CREATE TABLE settings (
    key        text   NOT NULL PRIMARY KEY,
    value      text   NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE users (
    id         text    NOT NULL PRIMARY KEY,
    email      text    NOT NULL UNIQUE,
    first_name text    NOT NULL,
    last_name  text    NOT NULL,
    role       text    NOT NULL DEFAULT 'agent' CHECK (role IN ('owner', 'manager', 'agent', 'viewer')),
    is_active  boolean NOT NULL DEFAULT TRUE,
    created_at bigint  NOT NULL,
    updated_at bigint  NOT NULL
);
