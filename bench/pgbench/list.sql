-- GET /api/v1/goals?limit=20 as Banyan sends it: start, settings, the page with its count, and the end, in one round
-- trip. Keep it the same as what the server logs; it is the limit that Banyan is compared with.
\startpipeline
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT set_config('role', 'banyan_goals', true), set_config('banyan.tenant', :tenant, true), set_config('banyan.user', :person, true), set_config('banyan.actor', 'user', true), set_config('banyan.roles', ',user,', true), set_config('banyan.organisations', '{}', true), set_config('banyan.elevated', '', true);
SELECT tenant_id, id, user_id, title, description, category, status, target_value, target_unit, current_value, target_date, milestones, completed_at, archived_at, deleted_at, version, created_at, updated_at, (SELECT COUNT(*) FROM goals.goals WHERE user_id = :person::uuid AND deleted_at IS NULL AND archived_at IS NULL) AS total FROM goals.goals WHERE user_id = :person::uuid AND deleted_at IS NULL AND archived_at IS NULL ORDER BY deleted_at DESC, archived_at DESC, created_at DESC, id DESC LIMIT 20 OFFSET 0;
COMMIT;
\endpipeline
