"""The example of a tenant's schema: the same tables, rules and sums on both engines."""

import sqlite3
import uuid

import psycopg2

from server import TOP


def statements(engine_name):
    other = {"sqlite": ".postgres.sql", "postgres": ".sqlite.sql"}[engine_name]
    return [path.read_text() for path in sorted((TOP / "tenant-schema").glob("*.sql")) if not path.name.endswith(other)]


class Company:
    """A tenant's database with the schema in it."""

    def __init__(self, engine):
        self.engine, self.url = engine, engine.new_database()
        if self.url:
            self.connection, self.mark, self.refusal = psycopg2.connect(self.url), "%s", psycopg2.Error
            self.connection.autocommit = True
        else:
            self.connection, self.mark, self.refusal = sqlite3.connect(":memory:", isolation_level=None), "?", sqlite3.Error
            self.connection.execute("PRAGMA foreign_keys = ON")
        for text in statements(engine.name):
            self.connection.executescript(text) if not self.url else self.run(text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.engine.drop_database(self.url)

    def run(self, sql, *values):
        cursor = self.connection.cursor()
        cursor.execute(sql, values) if values else cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []

    def add(self, table, **columns):
        row_id = columns.setdefault("id", str(uuid.uuid4()))
        marks = ", ".join([self.mark] * len(columns))
        self.run(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", *columns.values())
        return row_id

    def refuses(self, table, **columns):
        try:
            self.add(table, **columns)
        except self.refusal:
            return True
        return False


def test_an_order_from_its_customer_to_its_payment(engine):
    with Company(engine) as company:
        seller = company.add("users", email="luz@taller.test", name="Luz Mejía")
        customer = company.add("customers", name="Ferretería El Tornillo", tax_id="900123456-7", owner_id=seller)
        contact = company.add("contacts", customer_id=customer, name="Iván Peña", whatsapp="+57 300 000 0000")
        company.add("interactions", customer_id=customer, contact_id=contact, user_id=seller, channel="visit",
                    summary="Quiere cien tornillos", happened_at="2026-03-01 14:00:00")
        product = company.add("products", sku="T-100", name="Tornillo", price=350)
        order = company.add("orders", number="1", customer_id=customer, sold_by=seller, status="confirmed",
                            ordered_at="2026-03-01 15:00:00")
        company.add("order_items", order_id=order, line=1, product_id=product, description="Tornillo", quantity=100,
                    unit_price=350, discount=1000, tax=6460)
        company.add("payments", order_id=order, method="pse", amount=40460, reference="PSE-1", paid_at="2026-03-02 09:00:00")
        company.add("tasks", title="Entregar", assigned_to=seller, order_id=order, due_on="2026-03-05")
        totals = company.run("SELECT lines, subtotal, tax, total FROM order_totals")
        assert [tuple(map(int, row)) for row in totals] == [(1, 34000, 6460, 40460)]
        company.run("DELETE FROM users")
        assert company.run("SELECT sold_by FROM orders") == [(None,)]


def test_what_cannot_be_true_is_refused(engine):
    with Company(engine) as company:
        customer = company.add("customers", name="Ferretería El Tornillo", tax_id="900123456-7")
        order = company.add("orders", number="1", customer_id=customer)
        for table, columns in (
                ("customers", {"name": ""}), ("customers", {"name": "x", "tax_id": "900123456-7"}),
                ("contacts", {"name": "sin señas", "customer_id": customer}),
                ("contacts", {"name": "de nadie", "phone": "1", "customer_id": str(uuid.uuid4())}),
                ("orders", {"number": "1", "customer_id": customer}),
                ("orders", {"number": "2", "customer_id": customer, "status": "shipped"}),
                ("order_items", {"order_id": order, "line": 1, "description": "x", "quantity": 0, "unit_price": 1}),
                ("order_items", {"order_id": order, "line": 1, "description": "x", "quantity": 1, "unit_price": 1, "discount": 2}),
                ("payments", {"order_id": order, "method": "cash", "amount": 0, "paid_at": "2026-03-01 00:00:00"}),
                ("tasks", {"title": "x", "status": "done"}), ("users", {"email": "nobody", "name": "x"})):
            assert company.refuses(table, **columns), f"{table} takes {columns}"
        company.add("users", email="luz@taller.test", name="Luz")
        assert company.refuses("users", email="LUZ@taller.test", name="Luz")


def test_a_change_is_dated(engine):
    with Company(engine) as company:
        customer = company.add("customers", name="Antes", updated_at="2020-01-01 00:00:00")
        company.run(f"UPDATE customers SET name = 'Después' WHERE id = {company.mark}", customer)
        assert str(company.run("SELECT updated_at FROM customers")[0][0]) > "2024"
