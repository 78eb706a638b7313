-- Whom the company sells to, the people there, and every time they were spoken with.

CREATE TABLE customers (
    id             uuid PRIMARY KEY,
    name           text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind           text NOT NULL DEFAULT 'company' CHECK (kind IN ('company', 'person')),
    tax_id         text CHECK (length(tax_id) <= 40),
    email          text,
    phone          text,
    address        text,
    city           text,
    country        text NOT NULL DEFAULT 'CO' CHECK (length(country) = 2),
    stage          text NOT NULL DEFAULT 'lead' CHECK (stage IN ('lead', 'prospect', 'customer', 'lost')),
    owner_id       uuid REFERENCES users (id) ON DELETE SET NULL,
    credit_limit   bigint NOT NULL DEFAULT 0 CHECK (credit_limit >= 0),
    is_active      boolean NOT NULL DEFAULT TRUE,
    created_at     timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at     timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX customers_tax_id ON customers (tax_id) WHERE tax_id IS NOT NULL;
CREATE INDEX customers_name ON customers (lower(name));
CREATE INDEX customers_owner ON customers (owner_id, stage);

CREATE TABLE contacts (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    position     text,
    email        text,
    phone        text,
    whatsapp     text,
    is_primary   boolean NOT NULL DEFAULT FALSE,
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CHECK (email IS NOT NULL OR phone IS NOT NULL OR whatsapp IS NOT NULL)
);
CREATE INDEX contacts_customer ON contacts (customer_id);
CREATE UNIQUE INDEX contacts_primary ON contacts (customer_id) WHERE is_primary;

CREATE TABLE interactions (
    id           uuid PRIMARY KEY,
    customer_id  uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    contact_id   uuid REFERENCES contacts (id) ON DELETE SET NULL,
    user_id      uuid REFERENCES users (id) ON DELETE SET NULL,
    channel      text NOT NULL CHECK (channel IN ('call', 'email', 'whatsapp', 'meeting', 'visit', 'note')),
    direction    text NOT NULL DEFAULT 'outgoing' CHECK (direction IN ('incoming', 'outgoing')),
    summary      text NOT NULL CHECK (length(summary) BETWEEN 1 AND 10000),
    happened_at  timestamptz NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX interactions_customer ON interactions (customer_id, happened_at);
CREATE INDEX interactions_contact ON interactions (contact_id);
CREATE INDEX interactions_user ON interactions (user_id, happened_at);
