"""Sends a customer's story through segment-analytics-python, unchanged but for the host.

    python3 send.py HOST WRITE_KEY      or the environment variables HOST and WRITE_KEY
"""

import json
import os
import sys
from importlib.metadata import version

from segment.analytics.client import Client

BATCH_SIZE = 50
ORDER = {
    "order_id": "python-1001",
    "total": 89.9,
    "currency": "EUR",
    "products": [{"product_id": "7", "sku": "SHOE-7", "name": "Red shoes", "category": "shoes", "price": 89.9, "quantity": 1}],
}


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else os.environ["HOST"]
    write_key = sys.argv[2] if len(sys.argv) > 2 else os.environ["WRITE_KEY"]
    failures = []
    client = Client(write_key, host=host, max_retries=3, on_error=lambda error, items: failures.append(str(error)))

    client.identify("python-ana", {"email": "ana@python.example", "firstName": "Ana", "country": "FR"})
    client.page("python-ana", "Shop", "Red shoes", {"url": "https://shop.example/p/7", "path": "/p/7"})
    client.track("python-ana", "Order Completed", ORDER)
    client.group("python-ana", "python-company", {"name": "Ana & Co"})
    for number in range(BATCH_SIZE):
        client.track("python-ana", "Product Viewed", {"product_id": str(number), "category": "shoes"})
    client.flush()
    client.join()

    sent = 0 if failures else 4 + BATCH_SIZE
    name = "segment-analytics-python"
    print(json.dumps({"client": name, "version": version(name), "sent": sent, "failures": failures}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
