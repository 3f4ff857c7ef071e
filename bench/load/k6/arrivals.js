// The first published load script, for k6: 50 arrivals a second for 300 s, users 30 %, AI 20 %, content 25 %, analytics 25 %.
//
//   BANYAN_URL=http://127.0.0.1:3000 BANYAN_PEOPLE=people.json k6 run bench/load/k6/arrivals.js
//   SHORT=1 … for a look whether it works.
//
// The people are those that `cargo xtask bench load` leaves beside its report.

import http from "k6/http";
import { check } from "k6";

const script = JSON.parse(open("../scripts.json")).arrivals;
const people = JSON.parse(open(__ENV.BANYAN_PEOPLE));
const url = __ENV.BANYAN_URL || "http://127.0.0.1:3000";

export const options = {
  scenarios: {
    arrivals: {
      executor: "constant-arrival-rate",
      rate: __ENV.SHORT ? 10 : script.perSecond,
      duration: __ENV.SHORT ? "10s" : `${script.seconds}s`,
      preAllocatedVUs: 100,
      maxVUs: 2000,
    },
  },
  thresholds: {
    http_req_duration: [`p(95)<${script.most.p95Milliseconds}`],
    checks: [`rate>${1 - script.most.errorPercent / 100}`],
  },
};

function drawn() {
  let left = Math.random() * 100;
  return script.scenarios.find((scenario) => (left -= scenario.weight) < 0) || script.scenarios[0];
}

export default function () {
  const { key } = people[Math.floor(Math.random() * people.length)];
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  for (const { method, path, body, status } of drawn().calls) {
    const answer = http.request(method, url + path, body && JSON.stringify(body), { headers });
    check(answer, { [`${path} is ${status}`]: (answer) => answer.status === status });
  }
}
