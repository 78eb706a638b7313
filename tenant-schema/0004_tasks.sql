-- What somebody has to do, and by when.

CREATE TABLE tasks (
    id          text   NOT NULL PRIMARY KEY,
    title       text   NOT NULL,
    customer_id text   REFERENCES customers (id) ON DELETE CASCADE,
    assigned_to text   REFERENCES users (id),
    status      text   NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'dropped')),
    due_at      bigint,
    created_at  bigint NOT NULL,
    updated_at  bigint NOT NULL
);
CREATE INDEX tasks_assigned_to ON tasks (assigned_to, status, due_at);
