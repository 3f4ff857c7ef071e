// The second published load script, for k6: 100, 1,000, 2,000, 2,000 and 0 users.
//
//   BANYAN_URL=http://127.0.0.1:3000 BANYAN_PEOPLE=people.json k6 run bench/load/k6/stages.js
//   SHORT=1 … for a look whether it works.
//
// The people are those that `cargo xtask bench load` leaves beside its report. The script as it was published allows 10 % of errors.

import http from "k6/http";
import { check, sleep } from "k6";

const script = JSON.parse(open("../scripts.json")).stages;
const people = JSON.parse(open(__ENV.BANYAN_PEOPLE));
const url = __ENV.BANYAN_URL || "http://127.0.0.1:3000";

const stages = script.steps.map(({ users, seconds }) => ({ duration: `${seconds}s`, target: users }));
const short = [
  { duration: "5s", target: 20 },
  { duration: "5s", target: 0 },
];

export const options = {
  stages: __ENV.SHORT ? short : stages,
  thresholds: {
    http_req_duration: [`p(95)<${script.most.p95Milliseconds}`],
    checks: [`rate>${1 - script.most.errorPercent / 100}`],
  },
};

export default function () {
  const { key } = people[__VU % people.length];
  const headers = { Authorization: `Bearer ${key}` };
  for (const { method, path, status } of script.calls) {
    const answer = http.request(method, url + path, null, { headers });
    check(answer, { [`${path} is ${status}`]: (answer) => answer.status === status });
  }
  sleep(script.pauseMilliseconds / 1000);
}
