-- What the company sells.

CREATE TABLE products (
    id           uuid PRIMARY KEY,
    sku          text NOT NULL UNIQUE CHECK (length(sku) BETWEEN 1 AND 60),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description  text,
    category     text NOT NULL DEFAULT 'general',
    unit         text NOT NULL DEFAULT 'unit' CHECK (unit IN ('unit', 'hour', 'kilogram', 'metre', 'litre', 'month')),
    price        bigint NOT NULL CHECK (price >= 0),
    cost         bigint CHECK (cost >= 0),
    currency     text NOT NULL DEFAULT 'COP' CHECK (length(currency) = 3),
    tax_percent  integer NOT NULL DEFAULT 19 CHECK (tax_percent BETWEEN 0 AND 100),
    in_stock     bigint NOT NULL DEFAULT 0,
    is_active    boolean NOT NULL DEFAULT TRUE,
    created_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at   timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX products_category ON products (category, name);
