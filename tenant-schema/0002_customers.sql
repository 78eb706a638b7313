-- Who buys, whom to talk to, and what was said.

CREATE TABLE customers (
    id         text   NOT NULL PRIMARY KEY,
    name       text   NOT NULL,
    tax_id     text   UNIQUE,
    segment    text   NOT NULL DEFAULT 'lead' CHECK (segment IN ('lead', 'prospect', 'customer', 'former')),
    city       text,
    owner_id   text   REFERENCES users (id),
    notes      text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX customers_name ON customers (name);
CREATE INDEX customers_owner_id ON customers (owner_id);

CREATE TABLE contacts (
    id          text    NOT NULL PRIMARY KEY,
    customer_id text    NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    name        text    NOT NULL,
    email       text,
    phone       text,
    position    text,
    is_primary  boolean NOT NULL DEFAULT FALSE,
    created_at  bigint  NOT NULL
);
CREATE INDEX contacts_customer_id ON contacts (customer_id);

CREATE TABLE interactions (
    id          text   NOT NULL PRIMARY KEY,
    customer_id text   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    contact_id  text   REFERENCES contacts (id) ON DELETE SET NULL,
    user_id     text   REFERENCES users (id),
    channel     text   NOT NULL CHECK (channel IN ('call', 'email', 'whatsapp', 'meeting', 'note')),
    summary     text   NOT NULL,
    happened_at bigint NOT NULL
);
CREATE INDEX interactions_customer_id ON interactions (customer_id, happened_at);
