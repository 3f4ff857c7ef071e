// A call as a command or a program, to be copied. Nothing here touches the page, so that tests can run it without a browser.
//
// A call is { method, path, parameters: [{ name, in, type, value }], body?: { type, text }, open, answer?, origin }. The key never stands in
// what is copied: programs read it from the variable BANYAN_KEY.

export const LANGUAGES = [['curl', curl], ['TypeScript', typeScript], ['Python', python]];

const isJson = (type) => /^application\/(.+\+)?json$/.test(type ?? '');

function parsed(body) {
  try { return { value: JSON.parse(body.text) }; } catch { return undefined; }
}

/** The address with its parameters. */
export function address(call) {
  const path = call.parameters.filter((one) => one.in === 'path')
    .reduce((text, one) => text.replace(`{${one.name}}`, encodeURIComponent(one.value)), call.path);
  const query = new URLSearchParams(call.parameters.filter((one) => one.in === 'query').map((one) => [one.name, one.value]));
  return call.origin + path + ([...query].length ? `?${query}` : '');
}

const headersOf = (call) => [
  ...call.parameters.filter((one) => one.in === 'header').map((one) => [one.name, one.value]),
  ...(call.body ? [['Content-Type', call.body.type]] : []),
];

function curl(call) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl ${call.method === 'GET' ? '' : call.method === 'HEAD' ? '--head ' : `-X ${call.method} `}${quoted(address(call))}`];
  if (!call.open) parts.push('-H "Authorization: Bearer $BANYAN_KEY"');
  for (const [name, value] of headersOf(call)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (call.body) {
    const json = isJson(call.body.type) && parsed(call.body);
    parts.push(`--data-raw ${quoted(json ? JSON.stringify(json.value) : call.body.text)}`);
  }
  return parts.join(' \\\n  ');
}

function typeScript(call) {
  const json = call.body && parsed(call.body);
  if (call.body && !(isJson(call.body.type) && json)) return undefined;
  const options = {};
  const params = {};
  for (const one of call.parameters) (params[one.in] ??= {})[one.name] = typed(one);
  if (Object.keys(params).length) options.params = params;
  if (json) options.body = json.value;
  if (call.answer && !isJson(call.answer)) options.parseAs = 'text';
  const given = Object.keys(options).length ? `, ${literal(options, JAVASCRIPT)}` : '';
  const key = call.open ? '' : ', key: process.env.BANYAN_KEY!';
  return `import { connect, ok } from 'banyan-client';\n\n`
    + `const banyan = connect({ url: ${text(call.origin, JAVASCRIPT)}${key} });\n`
    + `const answer = await ok(banyan.api.${call.method}(${text(call.path, JAVASCRIPT)}${given}));\nconsole.log(answer);\n`;
}

function typed({ type, value }) {
  if (['integer', 'number'].includes(type) && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  return type === 'boolean' && ['true', 'false'].includes(value) ? value === 'true' : value;
}

function python(call) {
  const json = call.body && isJson(call.body.type) ? parsed(call.body) : undefined;
  if (call.body && isJson(call.body.type) && !json) return undefined;
  const headers = headersOf(call).map(([name, value]) => `${text(name, PYTHON)}: ${text(value, PYTHON)}`);
  if (!call.open) headers.unshift(`"Authorization": "Bearer " + os.environ["BANYAN_KEY"]`);
  const lines = [text(address(call), PYTHON), `method=${text(call.method, PYTHON)}`];
  if (headers.length) lines.push(`headers={\n        ${headers.join(',\n        ')},\n    }`);
  if (json) lines.push(`data=json.dumps(${literal(json.value, PYTHON, '    ')}).encode()`);
  else if (call.body) lines.push(`data=${text(call.body.text, PYTHON)}.encode()`);
  const needed = [json && 'json', !call.open && 'os', 'urllib.request'].filter(Boolean).join(', ');
  return `import ${needed}\n\nrequest = urllib.request.Request(\n    ${lines.join(',\n    ')},\n)\n`
    + `with urllib.request.urlopen(request) as answer:\n    print(answer.status, answer.read().decode())\n`;
}

const JAVASCRIPT = { quote: "'", words: { true: 'true', false: 'false', null: 'null' }, indent: '  ', bare: /^[A-Za-z_$][\w$]*$/ };
const PYTHON = { quote: '"', words: { true: 'True', false: 'False', null: 'None' }, indent: '    ', bare: /^$/ };

/** A text in quotes. JSON's escapes mean the same in both languages. */
function text(value, style) {
  const inside = JSON.stringify(value).slice(1, -1);
  return style.quote === '"' ? `"${inside}"` : `'${inside.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** A value as it is written in the language. */
function literal(value, style, at = '') {
  if (typeof value === 'string') return text(value, style);
  if (typeof value === 'number') return String(value);
  if (value === null || typeof value === 'boolean') return style.words[String(value)];
  const inner = at + style.indent;
  const isList = Array.isArray(value);
  const parts = isList ? value.map((one) => literal(one, style, inner)) : Object.entries(value)
    .map(([name, one]) => `${style.bare.test(name) ? name : text(name, style)}: ${literal(one, style, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  if (!parts.length) return open + close;
  const line = parts.join(', ');
  if (line.length < 60 && !line.includes('\n')) return isList || style === PYTHON ? `${open}${line}${close}` : `${open} ${line} ${close}`;
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${at}${close}`;
}
