-- What is sold, what was ordered, what was paid. Money is in minor units of its currency.

CREATE TABLE products (
    id         text    NOT NULL PRIMARY KEY,
    sku        text    NOT NULL UNIQUE,
    name       text    NOT NULL,
    price      bigint  NOT NULL CHECK (price >= 0),
    currency   text    NOT NULL DEFAULT 'COP',
    stock      bigint  NOT NULL DEFAULT 0,
    is_active  boolean NOT NULL DEFAULT TRUE,
    created_at bigint  NOT NULL,
    updated_at bigint  NOT NULL
);

CREATE TABLE orders (
    id           text   NOT NULL PRIMARY KEY,
    number       text   NOT NULL UNIQUE,
    customer_id  text   NOT NULL REFERENCES customers (id),
    status       text   NOT NULL DEFAULT 'draft'
                 CHECK (status IN ('draft', 'confirmed', 'shipped', 'delivered', 'cancelled')),
    amount_total bigint NOT NULL DEFAULT 0 CHECK (amount_total >= 0),
    currency     text   NOT NULL DEFAULT 'COP',
    ordered_at   bigint NOT NULL,
    updated_at   bigint NOT NULL
);
CREATE INDEX orders_customer_id ON orders (customer_id, ordered_at);
CREATE INDEX orders_status ON orders (status);

CREATE TABLE order_items (
    order_id   text   NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    line       bigint NOT NULL CHECK (line > 0),
    product_id text   NOT NULL REFERENCES products (id),
    quantity   bigint NOT NULL CHECK (quantity > 0),
    unit_price bigint NOT NULL CHECK (unit_price >= 0),
    PRIMARY KEY (order_id, line)
);
CREATE INDEX order_items_product_id ON order_items (product_id);

CREATE TABLE payments (
    id        text   NOT NULL PRIMARY KEY,
    order_id  text   NOT NULL REFERENCES orders (id),
    method    text   NOT NULL CHECK (method IN ('cash', 'card', 'transfer', 'pse', 'nequi')),
    amount    bigint NOT NULL CHECK (amount > 0),
    reference text,
    paid_at   bigint NOT NULL
);
CREATE INDEX payments_order_id ON payments (order_id);
