// Asks a cache the questions of `http-cache-tests` and prints what came out: node run.mjs http://127.0.0.1:PORT
// Ends with 1 when a required test fails that is not explained in docs/http-cache.md.

import fetch from 'node-fetch'
import { getResults, runTests } from 'http-cache-tests/client/runner.mjs'
import surrogate from 'http-cache-tests/tests/surrogate-control.mjs'
import tests from 'http-cache-tests/tests/index.mjs'

// Required tests that fail for a reason, which docs/http-cache.md gives.
const EXPLAINED = new Set([
  'age-parse-prefix',
  'stale-close-must-revalidate',
  'stale-close-no-cache',
  'stale-close-proxy-revalidate',
  'stale-close-s-maxage=2'
])

const suites = [...tests, surrogate]
await runTests(suites, fetch, false, process.argv[2])
const results = getResults()

const kinds = ['required', 'optimal', 'check']
const wrong = []
const all = {}
console.log('| suite | required | optimal | check |\n|---|---|---|---|')
for (const suite of suites) {
  const counts = {}
  for (const test of suite.tests.filter(test => test.id in results)) {
    const kind = test.kind || 'required'
    const passed = results[test.id] === true
    for (const table of [counts, all]) {
      table[kind] ||= { passed: 0, of: 0 }
      table[kind].of += 1
      table[kind].passed += passed ? 1 : 0
    }
    if (!passed && kind !== 'check') wrong.push([kind, test.id, results[test.id][1]])
  }
  console.log(`| ${suite.name} | ${kinds.map(kind => share(counts[kind])).join(' | ')} |`)
}
console.log(`| **all** | ${kinds.map(kind => share(all[kind])).join(' | ')} |\n`)
wrong.forEach(([kind, id, why]) => console.log(`- ${kind} \`${id}\`: ${why.replace(/ to http.*/, ' failed')}`))
const surprises = wrong.filter(([kind, id]) => kind === 'required' && !EXPLAINED.has(id))
if (surprises.length > 0) {
  console.error(`required and not explained: ${surprises.map(([, id]) => id).join(', ')}`)
  process.exitCode = 1
}

function share (count) {
  return count ? `${count.passed}/${count.of}` : ''
}
