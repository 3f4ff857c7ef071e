//! What Redis does at once.

/// `KEYS`: the sequence, the list of patterns, then stamps. `ARGV`: the new stamp, how long patterns are kept in milliseconds, the channel, the
/// message, the realm and pattern or nothing, how many patterns are remembered, then how long each stamp is kept, 0 for ever. The first stamp is
/// the one that a pattern is about.
pub(super) const CHANGE: &str = r"
local sequence = redis.call('INCR', KEYS[1])
if ARGV[5] ~= '' then
  local before = redis.call('GET', KEYS[3]) or '0'
  redis.call('RPUSH', KEYS[2], before .. ' ' .. ARGV[1] .. ' ' .. ARGV[5])
  redis.call('LTRIM', KEYS[2], -tonumber(ARGV[6]), -1)
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
for i = 3, #KEYS do
  if ARGV[i + 4] == '0' then
    redis.call('SET', KEYS[i], ARGV[1])
  else
    redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[i + 4])
  end
end
redis.call('PUBLISH', ARGV[3], string.format('%.0f ', sequence) .. ARGV[4])
return sequence
";

/// `KEYS`: the run that was seen last, the sequence, the stamp over everything. `ARGV`: the present run, a fresh stamp, the channel, the message.
/// Another run may have forgotten changes that were answered: nothing counts that was kept before.
pub(super) const ARRIVE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
local sequence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[3], ARGV[2])
redis.call('PUBLISH', ARGV[3], string.format('%.0f ', sequence) .. ARGV[4])
return 1
";

/// `KEYS`: stamps. `ARGV`: what those become that there are not, then how long each is kept in milliseconds, 0 for ever.
pub(super) const ENSURE: &str = r"
local found = {}
for i = 1, #KEYS do
  found[i] = redis.call('GET', KEYS[i])
  if not found[i] then
    if ARGV[i + 1] == '0' then
      redis.call('SET', KEYS[i], ARGV[1])
    else
      redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[i + 1])
    end
    found[i] = ARGV[1]
  end
end
return found
";

/// `KEYS`: the lock. `ARGV`: whose it must be.
pub(super) const UNLOCK: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";
