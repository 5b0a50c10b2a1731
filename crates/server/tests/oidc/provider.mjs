// An identity provider that others run in earnest: `node provider.mjs '{"issuer", "port", "redirect", "secret"}'`.
// Whoever types a name at it is that person; "unverified" has an address that nobody has verified.
import { Provider } from "oidc-provider";

const { issuer, port, redirect, secret } = JSON.parse(process.argv[2]);

const findAccount = (_context, id) => ({
  accountId: id,
  claims: () => ({
    sub: id,
    email: `${id === "unverified" ? "ana" : id}@example.com`,
    email_verified: id !== "unverified",
    name: "Ana Martin",
  }),
});

const provider = new Provider(issuer, {
  clients: [{ client_id: "entente", client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["a key of the tests"] },
  findAccount,
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
