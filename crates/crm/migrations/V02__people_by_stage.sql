-- One index for both lists: everybody by last visit (a merge over the five stages), and one stage by last visit.
DROP INDEX people_by_last_seen;
CREATE INDEX people_by_stage ON people (workspace_id, stage, last_seen_at, number);
