-- `GET` of one path, again and again, for `cargo xtask bench edge`. The path is the word after `--`. BENCH_TOKEN holds the access
-- token, where there is one; BENCH_LIBRARY is the folder of this file.

package.path = (os.getenv("BENCH_LIBRARY") or ".") .. "/?.lua;" .. package.path
local result = require("result")

local request_text

function init(arguments)
  local token = os.getenv("BENCH_TOKEN")
  local headers = {}
  if token and token ~= "" then
    headers["Authorization"] = "Bearer " .. token
  end
  request_text = wrk.format("GET", arguments[1], headers)
end

function request()
  return request_text
end

function done(summary, latency)
  result(summary, latency)
end
