// Sends a customer's story through @segment/analytics-node or @rudderstack/rudder-sdk-node, unchanged but for the host.
//
//   node send.mjs segment|rudderstack HOST WRITE_KEY      or the environment variables HOST and WRITE_KEY
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const BATCH_SIZE = 50;

function segment(host, writeKey, onError) {
  const { Analytics } = require("@segment/analytics-node");
  const client = new Analytics({ writeKey, host, maxRetries: 3, flushAt: 20 });
  client.on("error", (error) => onError(String(error.reason || error.code)));
  return { client, end: () => client.closeAndFlush({ timeout: 20000 }) };
}

// This library answers each call by a callback, where the other has one error event.
function rudderstack(host, writeKey, onError) {
  const Analytics = require("@rudderstack/rudder-sdk-node");
  const client = new Analytics(writeKey, { dataPlaneUrl: host, flushAt: 20, flushInterval: 200 });
  const callbacks = [];
  const counted = {};
  for (const call of ["identify", "page", "track", "group"]) {
    counted[call] = (message) =>
      callbacks.push(new Promise((done) => client[call](message, (error) => done(error && onError(String(error))))));
  }
  return {
    client: counted,
    end: async () => {
      await client.flush();
      await Promise.all(callbacks);
    },
  };
}

function tell(client, userId) {
  client.identify({ userId, traits: { email: `${userId}@node.example`, firstName: "Ana", country: "FR" } });
  client.page({ userId, category: "Shop", name: "Red shoes", properties: { url: "https://shop.example/p/7", path: "/p/7" } });
  client.track({ userId, event: "Order Completed", properties: orderOf(userId) });
  client.group({ userId, groupId: `${userId}-company`, traits: { name: "Ana & Co" } });
  for (let number = 0; number < BATCH_SIZE; number++) {
    client.track({ userId, event: "Product Viewed", properties: { product_id: String(number), category: "shoes" } });
  }
  return 4 + BATCH_SIZE;
}

function orderOf(userId) {
  const product = { product_id: "7", sku: "SHOE-7", name: "Red shoes", category: "shoes", price: 89.9, quantity: 1 };
  return { order_id: `${userId}-1001`, total: 89.9, currency: "EUR", products: [product] };
}

const LIBRARIES = {
  segment: { open: segment, name: "@segment/analytics-node" },
  rudderstack: { open: rudderstack, name: "@rudderstack/rudder-sdk-node" },
};

const [library, host = process.env.HOST, writeKey = process.env.WRITE_KEY] = process.argv.slice(2);
const { open, name } = LIBRARIES[library];
const { version } = require(`${name}/package.json`);
const failures = [];

const { client, end } = open(host, writeKey, (reason) => failures.push(reason));
const told = tell(client, `${library}-ana`);
await end().catch((error) => failures.push(String(error)));
console.log(JSON.stringify({ client: name, version, sent: failures.length ? 0 : told, failures: [...new Set(failures)] }));
process.exit(failures.length ? 1 : 0);
