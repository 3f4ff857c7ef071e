//! What Redis does in one step.

use redis::Cmd;

/// `KEYS`: stream, meta, known. `ARGV`: body, size, ttl, channel, a new epoch, ttl of the meta, ttl of the known or 0.
pub(super) const PUBLISH: &str = r"
if ARGV[7] ~= '0' then
  local known = redis.call('GET', KEYS[3])
  if known then return known end
end
local epoch = redis.call('HGET', KEYS[2], 'e')
if not epoch then
  epoch = ARGV[5]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'e', epoch)
end
local offset = redis.call('HINCRBY', KEYS[2], 's', 1)
redis.call('EXPIRE', KEYS[2], ARGV[6])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[2], string.format('%d-0', offset), 'd', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
local place = string.format('%d', offset) .. ':' .. epoch
redis.call('PUBLISH', ARGV[4], 'p:' .. place .. ':' .. ARGV[1])
if ARGV[7] ~= '0' then redis.call('SET', KEYS[3], place, 'EX', ARGV[7]) end
return place
";

/// `KEYS`: stream, meta. `ARGV`: the end to begin at, count, `latest` or `oldest`, a new epoch, ttl of the meta.
pub(super) const HISTORY: &str = r"
local epoch = redis.call('HGET', KEYS[2], 'e')
if not epoch then
  epoch = ARGV[4]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'e', epoch)
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
local top = redis.call('HGET', KEYS[2], 's') or '0'
local found = {}
if ARGV[2] ~= '0' then
  if ARGV[3] == 'latest' then
    found = redis.call('XREVRANGE', KEYS[1], ARGV[1], '-', 'COUNT', ARGV[2])
  else
    found = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
  end
end
return { top .. ':' .. epoch, found }
";

/// In all scripts about who is there: how one goes. The person is known by what others see of the connection, which this service writes.
macro_rules! with_going {
    ($text:literal) => {
        concat!(
            r#"
local function user_of(info) return string.match(info, '"user":"([^"]*)"') or '' end
local function go(client)
  redis.call('ZREM', KEYS[1], client)
  local info = redis.call('HGET', KEYS[2], client)
  if not info then return end
  redis.call('HDEL', KEYS[2], client)
  local user = user_of(info)
  if redis.call('HINCRBY', KEYS[3], user, -1) <= 0 then redis.call('HDEL', KEYS[3], user) end
end
-- Who was not heard of in time, some at a time: nobody waits for long.
local function sweep(now)
  for _, client in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)) do go(client) end
end
"#,
            $text
        )
    };
}

/// `KEYS`: ends, infos, people. `ARGV`: seconds, then pairs.
pub(super) const BE_PRESENT: &str = with_going!(
    r"
local time = redis.call('TIME')
sweep(time[1])
for i = 2, #ARGV, 2 do
  redis.call('ZADD', KEYS[1], time[1] + ARGV[1], ARGV[i])
  if redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) == 1 then redis.call('HINCRBY', KEYS[3], user_of(ARGV[i + 1]), 1) end
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[1]) end
return 1
"
);

/// `KEYS`: ends, infos, people. `ARGV`: who goes.
pub(super) const BE_GONE: &str = with_going!(
    r"
go(ARGV[1])
return 1
"
);

/// `KEYS`: ends, infos, people. `ARGV`: how many at most. Who was not heard of in time is gone.
pub(super) const PRESENCE: &str = with_going!(
    r"
local time = redis.call('TIME')
sweep(time[1])
local found = {}
for _, client in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. time[1], '+inf', 'LIMIT', 0, ARGV[1])) do
  local info = redis.call('HGET', KEYS[2], client)
  if info then
    found[#found + 1] = client
    found[#found + 1] = info
  end
end
return found
"
);

/// `KEYS`: ends, infos, people. How many connections, and how many people: those of a process that died count until they are swept out.
pub(super) const PRESENCE_STATS: &str = with_going!(
    r"
local time = redis.call('TIME')
sweep(time[1])
return { redis.call('ZCOUNT', KEYS[1], '(' .. time[1], '+inf'), redis.call('HLEN', KEYS[3]) }
"
);

pub(super) fn script(text: &str, keys: &[String]) -> Cmd {
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(keys.len());
    for key in keys {
        command.arg(key);
    }
    command
}
