-- `GET` of one path as a client of feature flags, again and again, for `cargo xtask bench flags`. The path is the word after `--`; `{n}` in it is
-- another number each time. BENCH_TOKEN holds the client's token; BENCH_LIBRARY is the folder of this file.

package.path = (os.getenv("BENCH_LIBRARY") or ".") .. "/?.lua;" .. package.path
local result = require("result")

local path
local headers = {}
local number = 0

function init(arguments)
  path = arguments[1]
  headers["Authorization"] = os.getenv("BENCH_TOKEN")
  headers["Unleash-Client-Spec"] = "5.2.0"
end

function request()
  number = number + 1
  return wrk.format("GET", (path:gsub("{n}", tostring(number))), headers)
end

function done(summary, latency)
  result(summary, latency)
end
