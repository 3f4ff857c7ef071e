-- POST /api/v1/content/journal as Banyan sends it: start, settings, the row and the end of the transaction, which waits
-- for the disk, in one round trip.
\startpipeline
BEGIN;
SELECT set_config('role', 'banyan_content', true), set_config('banyan.tenant', :tenant, true), set_config('banyan.user', :person, true), set_config('banyan.actor', 'user', true), set_config('banyan.roles', ',user,', true), set_config('banyan.organisations', '{}', true), set_config('banyan.elevated', '', true);
INSERT INTO content.journals (tenant_id, id, user_id, kind, content, mood, tags, deleted_at, version, created_at, updated_at) VALUES (:tenant::uuid, gen_random_uuid(), :person::uuid, 'text', 'Slept well, ran five kilometres before breakfast and wrote down three things to be glad of.', NULL, '[]', NULL, 1, now(), now());
COMMIT;
\endpipeline
