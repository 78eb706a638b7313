"""Two equal nodes with the same keys on one PostgreSQL."""

from client import Client
from harness import World
from server import Server


class Nodes:
    """Two nodes with the same keys on the same database."""

    def __init__(self, engine):
        self.world = World(engine)

    def __enter__(self):
        self.world.__enter__()
        self.other = Server(self.world.database, options=["--keyring", str(next(self.world.server.data.glob("*key*")))])
        self.other.start()
        return self

    def __exit__(self, *trouble):
        try:
            code = self.other.stop()
            assert trouble[0] or code in (0, -9) and not self.other.memory_errors(), self.other.log_tail()
        finally:
            self.other.remove()
            self.world.__exit__(*trouble)

    def there(self, client):
        """The same person at the other node."""
        return Client(self.other.port, self.world.contract, token=client.token)
