-- The requests of `cargo xtask bench api`, for wrk. The case is the word after `--`: list, create or mixed
-- (four lists, then one create). BENCH_TOKEN holds the access token,
-- BENCH_LIBRARY the folder of this file.
--
-- wrk sends the next request when an answer came, so a slow server is asked less often: the latencies are
-- those of a full house of 64 clients, not of arrivals at a fixed rate.

package.path = (os.getenv("BENCH_LIBRARY") or ".") .. "/?.lua;" .. package.path
local result = require("result")

local headers = {
  ["Authorization"] = "Bearer " .. (os.getenv("BENCH_TOKEN") or ""),
  ["Content-Type"] = "application/json",
}
local entry = '{"content":"Slept well, ran five kilometres before breakfast and wrote down three things to be glad of."}'

local list, create
local case, number = "list", 0

function init(arguments)
  case = arguments[1] or "list"
  list = wrk.format("GET", "/api/v1/goals?limit=20", headers)
  create = wrk.format("POST", "/api/v1/content/journal", headers, entry)
end

function request()
  if case == "list" then
    return list
  end
  if case == "create" then
    return create
  end
  number = number + 1
  if number % 5 == 0 then
    return create
  end
  return list
end

function done(summary, latency)
  result(summary, latency)
end
