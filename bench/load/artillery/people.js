// Each user is one of the people that `cargo xtask bench load` has made; `BANYAN_TOKEN` makes all of them one person. Artillery fills in the
// placeholders of `config` before there is a user, so the field of the request is set here.

const { readFileSync } = require("node:fs");

const file = process.env.BANYAN_PEOPLE;
const credentials = file ? JSON.parse(readFileSync(file)).map((person) => person.key) : [process.env.BANYAN_TOKEN];

function sign(request, context, events, done) {
  context.vars.credential ??= credentials[Math.floor(Math.random() * credentials.length)];
  request.headers = { ...request.headers, authorization: `Bearer ${context.vars.credential}` };
  return done();
}

module.exports = { sign };
