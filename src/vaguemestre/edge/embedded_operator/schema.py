"""The operator's store, as a document: what an operator knows, and the states it may be in.

It holds sealed bytes and addresses, nothing readable about care. Finished deliveries are retired with their outcome; only the
bytes go, once nobody waits for them.
"""

SCHEMA_VERSION = 1

TABLES = """
CREATE TABLE account (
    address TEXT PRIMARY KEY COLLATE NOCASE,
    salt BLOB NOT NULL,
    cost INTEGER NOT NULL CHECK (cost > 1),
    digest BLOB NOT NULL
) STRICT;

CREATE TABLE service (                       -- what is open to programs
    name TEXT PRIMARY KEY CHECK (name IN ('pop3', 'submission')),
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1))
) STRICT;

CREATE TABLE route (
    domain TEXT PRIMARY KEY COLLATE NOCASE,
    host TEXT NOT NULL,
    port INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535)
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL CHECK (length(digest) = 64),
    mail_from TEXT NOT NULL,
    submitted_by TEXT,                       -- the login, NULL when it came from another server
    size_bytes INTEGER NOT NULL,
    received_at TEXT NOT NULL
) STRICT;

CREATE TABLE body (                          -- the bytes, as long as a delivery needs them
    message_id INTEGER PRIMARY KEY REFERENCES message (id),
    content BLOB NOT NULL
) STRICT;

CREATE TABLE delivery (                      -- one recipient of one message
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id),
    recipient TEXT NOT NULL COLLATE NOCASE,
    domain TEXT NOT NULL COLLATE NOCASE,
    state TEXT NOT NULL CHECK (state IN ('queued', 'in mailbox', 'collected', 'relayed', 'returned')),
    failures INTEGER NOT NULL DEFAULT 0,
    reply TEXT NOT NULL DEFAULT '',
    ended_at TEXT,
    CHECK ((ended_at IS NULL) = (state IN ('queued', 'in mailbox')))
) STRICT;

CREATE INDEX message_digest ON message (digest) WHERE submitted_by IS NOT NULL;
CREATE INDEX delivery_of_message ON delivery (message_id);
CREATE INDEX delivery_in_mailbox ON delivery (recipient, id) WHERE state = 'in mailbox';
CREATE INDEX delivery_queued ON delivery (domain, id) WHERE state = 'queued';

CREATE TABLE refusal (                       -- refused logins, counted
    service TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('credentials', 'suspended', 'in use')),
    attempts INTEGER NOT NULL,
    PRIMARY KEY (service, reason)
) STRICT;

INSERT INTO service (name, is_open) VALUES ('pop3', 1), ('submission', 1);
"""
