-- The columns and indexes of Banyan's tables, without row security: this is what one would build by hand.
CREATE TABLE IF NOT EXISTS goals (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  title text NOT NULL,
  description text,
  category text,
  status text NOT NULL DEFAULT 'active',
  target_value double precision,
  target_unit text,
  current_value double precision NOT NULL DEFAULT 0,
  target_date text,
  milestones jsonb NOT NULL DEFAULT '[]',
  completed_at timestamptz,
  archived_at timestamptz,
  deleted_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_goals_user_id_deleted_at_created_at
  ON goals (tenant_id, user_id, deleted_at, created_at);

CREATE TABLE IF NOT EXISTS journals (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  content text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX IF NOT EXISTS idx_journals_user_id_created_at
  ON journals (tenant_id, user_id, created_at);
