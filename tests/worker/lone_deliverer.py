"""A deliverer in a process of its own, to be killed: `lone_deliverer.py DATABASE_URL HOME`."""

import asyncio
import sys
from ipaddress import ip_network
from pathlib import Path

from seedbed.settings import Settings
from seedbed.store.database import connect_pool
from seedbed.worker.beside import beside
from seedbed.worker.deliverer import deliver_webhooks
from seedbed.worker.switchboard import Switchboard


async def main(url: str, home: Path) -> None:
    settings = Settings(home=home, open_networks=(ip_network("127.0.0.0/8"),), webhook_timeout_s=600)
    async with connect_pool(url, min_size=1, max_size=4, name="lone") as pool:
        switchboard = Switchboard()
        async with beside(switchboard.listen(pool)):
            await deliver_webhooks(url, pool, settings, switchboard)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
