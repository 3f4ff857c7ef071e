// The second published load script, for k6: 100, 1,000, 2,000, 2,000 and 0 users.
//
//   BANYAN_URL=http://127.0.0.1:3000 BANYAN_TOKEN=… k6 run bench/load/k6/stages.js
//   SHORT=1 … for a look whether it works.

import http from "k6/http";
import { check, sleep } from "k6";

const stages = [
  { duration: "2m", target: 100 },
  { duration: "5m", target: 1000 },
  { duration: "5m", target: 2000 },
  { duration: "5m", target: 2000 },
  { duration: "2m", target: 0 },
];
const short = [
  { duration: "5s", target: 20 },
  { duration: "5s", target: 0 },
];

export const options = {
  stages: __ENV.SHORT ? short : stages,
  // The script as it was published allows 10 % of errors.
  thresholds: { http_req_duration: ["p(95)<500"], checks: ["rate>0.999"] },
};

const url = __ENV.BANYAN_URL || "http://127.0.0.1:3000";
const headers = { Authorization: `Bearer ${__ENV.BANYAN_TOKEN}` };

// The last has no service yet: change it to 200 when it comes.
const calls = [
  ["/health", 200],
  ["/api/goals", 200],
  ["/api/ai/recommendations", 404],
];

export default function () {
  for (const [path, status] of calls) {
    const answer = http.get(url + path, { headers });
    check(answer, { [`${path} is ${status}`]: (answer) => answer.status === status });
  }
  sleep(1);
}
