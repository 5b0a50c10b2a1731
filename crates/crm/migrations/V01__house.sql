-- Written with PostgreSQL's type words; `db` renders the same text for SQLite.
-- Every table of a workspace begins its primary key with workspace_id (see ARCHITECTURE.md, scale).

-- idempotency --------------------------------------------------------------------------------------
CREATE TABLE idempotency_keys (
  workspace_id UUID NOT NULL,
  key TEXT NOT NULL,
  route TEXT NOT NULL,
  request_digest BYTEA NOT NULL,
  status BIGINT NOT NULL,
  answer TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, key, route)
);

-- leases ------------------------------------------------------------------------------------------
-- Work that one process does at a time; `token` grows with every change of hands, `held_until` is the database's time.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  token BIGINT NOT NULL,
  held_until BIGINT NOT NULL
);

-- backups -----------------------------------------------------------------------------------------
-- The last file that `entente backup` made: one row, of the whole database.
CREATE TABLE backups (
  made_at BIGINT NOT NULL PRIMARY KEY,
  size_bytes BIGINT NOT NULL
);

-- outbox ------------------------------------------------------------------------------------------
-- Mail on its way out. `letter` is sealed, and gone with `decided_at`; what went is told for a month.
CREATE TABLE outbox (
  workspace_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  letter BYTEA,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  doubts BIGINT NOT NULL,
  trouble TEXT NOT NULL,
  decided_at BIGINT,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX outbox_by_due ON outbox (due_at) WHERE decided_at IS NULL;

-- workspaces --------------------------------------------------------------------------------------
CREATE TABLE workspaces (
  id UUID NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  language TEXT NOT NULL,
  currency TEXT NOT NULL,
  country TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  second_factor_roles TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE users (
  id UUID NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  language TEXT NOT NULL,
  theme TEXT NOT NULL,
  density TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE members (
  workspace_id UUID NOT NULL,
  user_id UUID NOT NULL,
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE sessions (
  token_digest BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  workspace_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  proved_at BIGINT NOT NULL,
  device TEXT NOT NULL,
  ended_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE one_time_tokens (
  token_digest BYTEA NOT NULL PRIMARY KEY,
  id UUID NOT NULL,
  purpose TEXT NOT NULL,
  user_id UUID,
  workspace_id UUID,
  role TEXT,
  email TEXT,
  made_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE sign_in_attempts (
  bucket TEXT NOT NULL PRIMARY KEY,
  tries BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- A user's authenticator app. `seed` is sealed; `last_step` is the newest time step whose code was used.
CREATE TABLE totp_seeds (
  user_id UUID NOT NULL PRIMARY KEY,
  seed BYTEA NOT NULL,
  last_step BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  confirmed_at BIGINT
);

CREATE TABLE recovery_codes (
  user_id UUID NOT NULL,
  digest BYTEA NOT NULL,
  PRIMARY KEY (user_id, digest)
);

-- A user's passkeys. `credential` is a public key with its counter; `party` is the host name for which it was made.
CREATE TABLE passkeys (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  credential_id BYTEA NOT NULL UNIQUE,
  party TEXT NOT NULL,
  credential TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT,
  PRIMARY KEY (user_id, id)
);

-- Challenges that wait for an authenticator's answer, by whoever holds the token of `holder_digest`.
CREATE TABLE passkey_challenges (
  challenge_digest BYTEA NOT NULL PRIMARY KEY,
  ceremony TEXT NOT NULL,
  holder_digest BYTEA NOT NULL,
  user_id UUID,
  state TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX passkey_challenges_by_end ON passkey_challenges (expires_at);
-- Somebody on his way to the identity provider and back. `browser_digest` is that of a cookie.
CREATE TABLE sso_attempts (
  state_digest BYTEA NOT NULL PRIMARY KEY,
  browser_digest BYTEA NOT NULL,
  aim TEXT NOT NULL,
  session_id UUID,
  user_id UUID,
  next TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sso_attempts_by_end ON sso_attempts (expires_at);

-- Which account of an identity provider is whose; `subject` is the provider's own id of him.
CREATE TABLE sso_links (
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  user_id UUID NOT NULL,
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX sso_links_by_user ON sso_links (user_id, issuer);

CREATE TABLE api_keys (
  workspace_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  secret_digest BYTEA NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX api_keys_by_secret ON api_keys (secret_digest);

-- Each entry's `mac` covers the entry and the mac before it; the newest stands in `audit_heads`, whose `chain_key` is sealed.
CREATE TABLE audit_entries (
  workspace_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  mac BYTEA NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);

CREATE TABLE audit_heads (
  workspace_id UUID NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL,
  mac BYTEA NOT NULL,
  chain_key BYTEA NOT NULL
);


-- intake ------------------------------------------------------------------------------------------
CREATE TABLE sources (
  workspace_id UUID NOT NULL,
  no BIGINT NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  origins TEXT NOT NULL,
  ingest_key TEXT NOT NULL,
  key_digest BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  disabled_at BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, no)
);
CREATE INDEX sources_by_key ON sources (key_digest);

CREATE TABLE rejects (
  workspace_id UUID NOT NULL,
  source_no BIGINT NOT NULL,
  id UUID NOT NULL,
  at BIGINT NOT NULL,
  code TEXT NOT NULL,
  detail TEXT NOT NULL,
  sample TEXT NOT NULL,
  PRIMARY KEY (workspace_id, source_no, id)
);

CREATE TABLE source_days (
  workspace_id UUID NOT NULL,
  source_no BIGINT NOT NULL,
  day BIGINT NOT NULL,
  accepted BIGINT NOT NULL,
  repeated BIGINT NOT NULL,
  rejected BIGINT NOT NULL,
  bots BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, source_no, day)
);

-- stream ------------------------------------------------------------------------------------------
-- The log. `number` is the profile (identity leaf) the event belongs to, 0 for events kept out of
-- profiles (bots). `seq` is the order of arrival.
CREATE TABLE events (
  workspace_id UUID NOT NULL,
  seq BIGINT NOT NULL,
  number BIGINT NOT NULL,
  source_no BIGINT NOT NULL,
  kind SMALLINT NOT NULL,
  name TEXT NOT NULL,
  at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  message_id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace_id, seq)
);
-- `kind` too: who asks only when something happened never touches the rows.
CREATE INDEX events_by_name ON events (workspace_id, name, at, number, kind);

-- Where each profile's events stand in the log. The newest few of a person wait in `person_states.recent`.
CREATE TABLE event_places (
  workspace_id UUID NOT NULL,
  number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, number, at, seq)
); -- sqlite: WITHOUT ROWID

CREATE TABLE message_ids (
  workspace_id UUID NOT NULL,
  source_no BIGINT NOT NULL,
  digest BYTEA NOT NULL,
  day BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, source_no, digest)
); -- sqlite: WITHOUT ROWID

CREATE TABLE dead_letters (
  workspace_id UUID NOT NULL,
  id UUID NOT NULL,
  at BIGINT NOT NULL,
  source_no BIGINT NOT NULL,
  name TEXT NOT NULL,
  reason TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (workspace_id, id)
);

CREATE TABLE counters (
  workspace_id UUID NOT NULL,
  name TEXT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, name)
);

CREATE TABLE event_names (
  workspace_id UUID NOT NULL,
  name TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, name)
);

-- What a day came to, in steps of ten minutes: `visitors` counts people at their first visit of the day.
CREATE TABLE day_figures (
  workspace_id UUID NOT NULL,
  name TEXT NOT NULL,
  day BIGINT NOT NULL,
  step BIGINT NOT NULL,
  value BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, name, day, step)
); -- sqlite: WITHOUT ROWID

-- profiles ----------------------------------------------------------------------------------------
CREATE TABLE profiles (
  workspace_id UUID NOT NULL,
  number BIGINT NOT NULL,
  id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  merged_into BIGINT,
  PRIMARY KEY (workspace_id, number)
); -- sqlite: WITHOUT ROWID
CREATE UNIQUE INDEX profiles_by_id ON profiles (workspace_id, id);
CREATE INDEX profiles_by_merge ON profiles (workspace_id, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE identifiers (
  workspace_id UUID NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  number BIGINT NOT NULL,
  linked_at BIGINT NOT NULL,
  rule TEXT NOT NULL,
  event_seq BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, kind, value)
); -- sqlite: WITHOUT ROWID
CREATE INDEX identifiers_by_profile ON identifiers (workspace_id, number);

CREATE TABLE identifier_types (
  workspace_id UUID NOT NULL,
  kind TEXT NOT NULL,
  precedence BIGINT NOT NULL,
  is_strong BOOLEAN NOT NULL,
  max_per_person BIGINT NOT NULL,
  may_join BOOLEAN NOT NULL,
  makes_known BOOLEAN NOT NULL,
  PRIMARY KEY (workspace_id, kind)
);

CREATE TABLE blocked_identifiers (
  workspace_id UUID NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  times BIGINT NOT NULL,
  -- The profile that had too many of its kind; 0 for what identifies nobody.
  number BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, kind, value)
);

CREATE TABLE merges (
  workspace_id UUID NOT NULL,
  id UUID NOT NULL,
  from_number BIGINT NOT NULL,
  into_number BIGINT NOT NULL,
  at BIGINT NOT NULL,
  rule TEXT NOT NULL,
  event_seq BIGINT,
  actor TEXT NOT NULL,
  undone_at BIGINT,
  undone_by TEXT,
  PRIMARY KEY (workspace_id, id)
);
CREATE INDEX merges_by_from ON merges (workspace_id, from_number);
CREATE INDEX merges_by_into ON merges (workspace_id, into_number);

CREATE TABLE identity_conflicts (
  workspace_id UUID NOT NULL,
  id UUID NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  number_a BIGINT NOT NULL,
  number_b BIGINT NOT NULL,
  reason TEXT NOT NULL,
  event_seq BIGINT NOT NULL,
  times BIGINT NOT NULL,
  decided_at BIGINT,
  decision TEXT,
  PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX identity_conflicts_by_pair ON identity_conflicts (workspace_id, kind, value, number_a, number_b);

-- What is known of a person (facts), where he stands (memberships, stage, next timer), and where his newest events do.
CREATE TABLE person_states (
  workspace_id UUID NOT NULL,
  number BIGINT NOT NULL,
  facts BYTEA NOT NULL,
  standing BYTEA NOT NULL,
  recent BYTEA NOT NULL,
  PRIMARY KEY (workspace_id, number)
);

-- The facts of one profile alone, kept only for profiles that take part in a merge.
CREATE TABLE leaf_states (
  workspace_id UUID NOT NULL,
  number BIGINT NOT NULL,
  facts BYTEA NOT NULL,
  PRIMARY KEY (workspace_id, number)
);

CREATE TABLE timers (
  workspace_id UUID NOT NULL,
  due_at BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, due_at, number)
); -- sqlite: WITHOUT ROWID

-- One row per person for lists: what a table shows and sorts by.
CREATE TABLE people (
  workspace_id UUID NOT NULL,
  number BIGINT NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  name_turned TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  country TEXT NOT NULL,
  city TEXT NOT NULL,
  stage TEXT NOT NULL,
  first_seen_at BIGINT NOT NULL,
  orders_count BIGINT NOT NULL,
  revenue_minor BIGINT NOT NULL,
  first_order_at BIGINT NOT NULL,
  last_order_at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, number)
);
CREATE INDEX people_by_name ON people (workspace_id, name_folded, number);
-- The last word first, for those who search by the family's name.
CREATE INDEX people_by_last_name ON people (workspace_id, name_turned) WHERE name_turned <> '';
CREATE INDEX people_by_revenue ON people (workspace_id, revenue_minor, number);
CREATE INDEX people_by_orders ON people (workspace_id, orders_count, number);
CREATE INDEX people_by_first_order ON people (workspace_id, first_order_at) WHERE first_order_at > 0;

-- The last visit of everybody, apart from `people`: a visit changes nothing else of a person there. It leads with the stage:
-- lists by last visit merge the stages, so that one order serves them with and without one.
CREATE TABLE last_visits (
  workspace_id UUID NOT NULL,
  stage TEXT NOT NULL,
  seen_at BIGINT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, stage, seen_at, number)
); -- sqlite: WITHOUT ROWID

-- How many rows of `people` each stage has, kept with every change: counting them would read the whole table.
CREATE TABLE people_counts (
  workspace_id UUID NOT NULL,
  stage TEXT NOT NULL,
  people BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, stage)
); -- sqlite: WITHOUT ROWID

-- segments ----------------------------------------------------------------------------------------
CREATE TABLE segments (
  workspace_id UUID NOT NULL,
  no BIGINT NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL,
  ready_made TEXT,
  condition TEXT NOT NULL,
  build BIGINT NOT NULL,
  built_through BIGINT NOT NULL,
  is_built BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, no)
);
CREATE UNIQUE INDEX segments_by_id ON segments (workspace_id, id);

-- Grows with every change of a definition or of its construction, so that processes read them again.
CREATE TABLE segment_revisions (
  workspace_id UUID NOT NULL PRIMARY KEY,
  revision BIGINT NOT NULL
);

-- Members of a segment as bitmaps: bit k of chunk c is the person 4096 c + k.
CREATE TABLE segment_members (
  workspace_id UUID NOT NULL,
  segment_no BIGINT NOT NULL,
  chunk BIGINT NOT NULL,
  members BIGINT NOT NULL,
  bits BYTEA NOT NULL,
  PRIMARY KEY (workspace_id, segment_no, chunk)
);

-- The sum of a segment's bitmaps, kept with every change of theirs.
CREATE TABLE segment_counts (
  workspace_id UUID NOT NULL,
  segment_no BIGINT NOT NULL,
  members BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, segment_no)
); -- sqlite: WITHOUT ROWID

CREATE TABLE segment_days (
  workspace_id UUID NOT NULL,
  segment_no BIGINT NOT NULL,
  day BIGINT NOT NULL,
  entered BIGINT NOT NULL,
  exited BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, segment_no, day)
);

-- commerce ----------------------------------------------------------------------------------------
CREATE TABLE orders (
  workspace_id UUID NOT NULL,
  order_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  status TEXT NOT NULL,
  currency TEXT NOT NULL,
  total_minor BIGINT NOT NULL,
  refunded_minor BIGINT NOT NULL,
  ordered_at BIGINT NOT NULL,
  history TEXT NOT NULL,
  PRIMARY KEY (workspace_id, order_id)
);
CREATE INDEX orders_by_profile ON orders (workspace_id, number, ordered_at);
-- Holds all that sums over days read, so that they never touch the rows with their histories.
CREATE INDEX orders_by_time ON orders
  (workspace_id, ordered_at, order_id, number, status, currency, total_minor, refunded_minor);

CREATE TABLE order_lines (
  workspace_id UUID NOT NULL,
  order_id TEXT NOT NULL,
  line_no BIGINT NOT NULL,
  product_id TEXT NOT NULL,
  sku TEXT NOT NULL,
  name TEXT NOT NULL,
  category TEXT NOT NULL,
  quantity_thousandths BIGINT NOT NULL,
  price_minor BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, order_id, line_no)
);

-- The profiles that spoke of an order, kept only for orders of which several did: a replay reads all their calls.
CREATE TABLE order_speakers (
  workspace_id UUID NOT NULL,
  order_id TEXT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, order_id, number)
); -- sqlite: WITHOUT ROWID

-- What the orders that count came to, by the quarter of an hour in which they were placed (days of every time zone
-- begin with one), kept with every change of an order.
CREATE TABLE order_sums (
  workspace_id UUID NOT NULL,
  quarter BIGINT NOT NULL,
  currency TEXT NOT NULL,
  orders BIGINT NOT NULL,
  net_minor BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, quarter, currency)
); -- sqlite: WITHOUT ROWID

-- What the orders of erased people add to the sums above: the sums stay, the orders are gone.
CREATE TABLE erased_sums (
  workspace_id UUID NOT NULL,
  quarter BIGINT NOT NULL,
  currency TEXT NOT NULL,
  orders BIGINT NOT NULL,
  net_minor BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, quarter, currency)
); -- sqlite: WITHOUT ROWID

-- consent -----------------------------------------------------------------------------------------
-- Addresses that nobody may write to unless their owner asks for it himself: a keyed hash of each, and nothing else.
CREATE TABLE suppressions (
  workspace_id UUID NOT NULL,
  channel TEXT NOT NULL,
  mark BYTEA NOT NULL,
  reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, channel, mark)
); -- sqlite: WITHOUT ROWID

-- privacy -----------------------------------------------------------------------------------------
-- Tombstones: an erasure begins with its row. `marks` are keyed hashes of identifiers; `work` is what is still to be
-- done, empty when all is; `code` proves the certificate.
CREATE TABLE erasures (
  workspace_id UUID NOT NULL,
  no BIGINT NOT NULL,
  id UUID NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  done_at BIGINT,
  marks TEXT NOT NULL,
  counts TEXT NOT NULL,
  work TEXT NOT NULL,
  code BYTEA NOT NULL,
  PRIMARY KEY (workspace_id, no)
);
CREATE UNIQUE INDEX erasures_by_id ON erasures (workspace_id, id);

CREATE TABLE erased_profiles (
  workspace_id UUID NOT NULL,
  profile_id UUID NOT NULL,
  erasure_no BIGINT NOT NULL,
  PRIMARY KEY (workspace_id, profile_id)
); -- sqlite: WITHOUT ROWID
CREATE INDEX erased_profiles_by_erasure ON erased_profiles (workspace_id, erasure_no);
