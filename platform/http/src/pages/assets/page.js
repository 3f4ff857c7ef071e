// Lists the calls of /openapi.json, and shows the views of the page: calls, keys, usage.
import { block, copyButton, element, prose, words } from './dom.js';
import { showKeys } from './keys.js';
import { api, bodyExampleOf, bodyTypeOf, callOf, exampleOf, isOpen, nameOf, resolve, setDocument, typeOf } from './schema.js';
import { credential, logIn, logOut, onChange, reasons, user } from './session.js';
import { LANGUAGES } from './snippets.js';
import { showUsage } from './usage.js';

const main = document.querySelector('main');
const list = document.getElementById('calls');
const state = document.getElementById('state');
const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'];

// The properties of an object, in words.
function schemaTable(schema, depth = 0) {
  const known = resolve(schema);
  const parts = known.allOf ? known.allOf.map(resolve) : [known];
  const rows = [];
  for (const part of parts) {
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      const required = part.required?.includes(name);
      const inner = depth < 3 && resolve(property.items ?? property).properties ? schemaTable(property.items ?? property, depth + 1) : null;
      rows.push(element('tr', {},
        element('td', {}, element('code', {}, name), required ? element('span', { class: 'mark' }, ` ${words.required}`) : null),
        element('td', {}, element('code', {}, typeOf(property))),
        element('td', {}, ...prose(property.description), inner ? element('details', { class: 'more' }, element('summary', {}, words.schema), inner) : null)));
    }
  }
  if (!rows.length) return element('p', { class: 'note' }, element('code', {}, typeOf(schema)));
  return element('table', {}, element('tbody', {}, ...rows));
}

function contentSection(content) {
  return Object.entries(content ?? {}).map(([type, described]) => {
    const known = resolve(described);
    const example = known.example ?? (known.schema ? exampleOf(known.schema) : undefined);
    return element('div', {}, element('p', { class: 'note' }, type, nameOf(known.schema) ? ` · ${nameOf(known.schema)}` : ''),
      // Problems are all of one form, which their example shows.
      type !== 'application/problem+json' && known.schema && resolve(known.schema).properties ? schemaTable(known.schema) : null,
      example !== undefined && example !== null ? element('details', { class: 'more' }, element('summary', {}, words.example), block(example)) : null);
  });
}

function parameterTable(parameters) {
  return element('table', {}, element('tbody', {}, ...parameters.map((parameter) => element('tr', {},
    element('td', {}, element('code', {}, parameter.name), parameter.required ? element('span', { class: 'mark' }, ` ${words.required}`) : null),
    element('td', {}, parameter.in),
    element('td', {}, element('code', {}, typeOf(parameter.schema))),
    element('td', {}, ...prose(parameter.description))))));
}

function tryOut(method, path, operation, shared, parameters) {
  const inputs = parameters.map((parameter) => {
    const placeholder = String(parameter.example ?? parameter.schema?.default ?? '');
    const input = element('input', { autocomplete: 'off', spellcheck: 'false', placeholder, required: parameter.required === true });
    return { parameter, input, label: element('label', {}, parameter.name, input) };
  });
  const type = bodyTypeOf(operation);
  const area = type ? element('textarea', { spellcheck: 'false' }) : null;
  if (area) area.value = bodyExampleOf(operation);
  const button = element('button', { type: 'submit' }, words.send);
  const told = element('div', { role: 'status', 'aria-live': 'polite' });
  const form = element('form', {}, element('div', { class: 'fields' }, ...inputs.map((one) => one.label)),
    area ? element('label', { class: 'wide' }, words.body, area) : null, element('p', {}, button), told);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    told.replaceChildren(words.sending);
    told.replaceChildren(...await send(method, path, inputs, type, area?.value));
    button.disabled = false;
  });
  const given = () => Object.fromEntries(inputs.map(({ parameter, input }) => [parameter.name, input.value]));
  const call = () => callOf(method, path, operation, shared, given(), area?.value, location.origin);
  return [form, snippets(form, call)];
}

// The call in the languages that people write, as it stands in the form.
function snippets(form, call) {
  const code = element('code');
  const shown = element('pre', { tabindex: '0' }, code);
  const choice = element('select', {}, ...LANGUAGES.map(([name]) => element('option', {}, name)));
  const write = () => { code.textContent = LANGUAGES.find(([name]) => name === choice.value)[1](call()) ?? words['snippet-none']; };
  form.addEventListener('input', write);
  choice.addEventListener('change', write);
  const box = element('details', { class: 'more' }, element('summary', {}, words.snippet),
    element('p', { class: 'row' }, element('label', {}, words['snippet-language'], choice), copyButton(() => code.textContent)), shown,
    element('p', { class: 'note' }, ...prose(words['snippet-key'])));
  box.addEventListener('toggle', write);
  return box;
}

async function send(method, path, inputs, type, body) {
  const headers = new Headers();
  const query = new URLSearchParams();
  let target = path;
  for (const { parameter, input } of inputs) {
    if (parameter.in === 'path') target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value === '') continue;
    else if (parameter.in === 'query') query.append(parameter.name, input.value);
    else if (parameter.in === 'header') headers.set(parameter.name, encodeHeader(input.value));
  }
  if (body !== undefined) headers.set('Content-Type', type);
  const address = [...query].length ? `${target}?${query}` : target;
  try {
    const token = await credential();
    if (token) headers.set('Authorization', `Bearer ${token}`);
    const response = await fetch(address, { method: method.toUpperCase(), headers, body });
    const text = await response.text();
    const told = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    return [element('h3', {}, `${words.answer}: ${response.status} ${response.statusText}`), block(told), block(readable(text))];
  } catch {
    return [element('p', { class: 'mark' }, words.failed)];
  }
}

// Header values are Latin 1; other letters go percent-encoded.
const encodeHeader = (value) => (/^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value));

function readable(text) {
  try { return JSON.parse(text); } catch { return text; }
}

function fill(body, method, path, operation, shared) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolve);
  const request = operation.requestBody ? resolve(operation.requestBody) : undefined;
  if (operation.description) body.append(element('p', {}, ...prose(operation.description)));
  if (parameters.length) body.append(element('h3', {}, words.parameters), parameterTable(parameters));
  if (request) body.append(element('h3', {}, words.body), ...contentSection(request.content));
  body.append(element('h3', {}, words.answers));
  for (const [status, answer] of Object.entries(operation.responses ?? {})) {
    const known = resolve(answer);
    body.append(element('details', { class: 'more' }, element('summary', {}, `${status} ${known.description ?? ''}`), ...contentSection(known.content)));
  }
  body.append(element('h3', {}, words.try), ...tryOut(method, path, operation, shared, parameters));
}

function call(method, path, operation, shared) {
  const body = element('div', {});
  const details = element('details', { class: 'call', id: operation.operationId ?? `${method}-${path}` },
    element('summary', {}, element('span', { class: 'method' }, method.toUpperCase()), element('span', { class: 'path' }, path),
      element('span', {}, ...prose(operation.summary)), element('span', { class: 'note' }, isOpen(operation) ? words.anonymous : words['signed-in']),
      operation.deprecated ? element('span', { class: 'mark' }, words.deprecated) : null), body);
  // Filled when it is first opened: the page is ready at once.
  details.addEventListener('toggle', () => { if (details.open && !body.hasChildNodes()) fill(body, method, path, operation, shared); });
  details.dataset.text = [method, path, operation.operationId, operation.summary, operation.description, ...(operation.tags ?? [])].join(' ').toLowerCase();
  return details;
}

function show() {
  const groups = new Map((api.tags ?? []).map((tag) => [tag.name, { description: tag.description, calls: [] }]));
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((one) => item[one])) {
      const tag = item[method].tags?.[0] ?? '';
      if (!groups.has(tag)) groups.set(tag, { calls: [] });
      groups.get(tag).calls.push(call(method, path, item[method], item.parameters ?? []));
    }
  }
  for (const [name, group] of groups) {
    if (!group.calls.length) continue;
    list.append(element('section', { 'aria-label': name }, element('h2', {}, name), group.description ? element('p', {}, ...prose(group.description)) : null, ...group.calls));
  }
}

function filter() {
  const wanted = document.getElementById('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const section of list.querySelectorAll('section')) {
    let any = false;
    for (const details of section.querySelectorAll('details.call')) {
      details.hidden = !wanted.every((word) => details.dataset.text.includes(word));
      any ||= !details.hidden;
      shown += details.hidden ? 0 : 1;
    }
    section.hidden = !any;
  }
  state.textContent = shown ? '' : words.none;
}

// --- Views: which one is shown stands in the address ---------------------------------------------------------------------------

const VIEWS = { keys: showKeys, usage: showUsage };

function openLinked() {
  const linked = decodeURIComponent(location.hash.slice(1));
  const view = Object.hasOwn(VIEWS, linked) ? linked : 'calls';
  for (const section of main.querySelectorAll(':scope > section')) section.hidden = section.id !== view;
  for (const link of document.querySelectorAll('nav a')) {
    if (link.hash === `#${view}`) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current');
  }
  if (view !== 'calls') return showView(view);
  const call = document.getElementById(linked);
  if (call?.matches('details.call')) { call.open = true; call.scrollIntoView(); call.querySelector('summary').focus(); }
}

function showView(view) {
  const section = document.getElementById(view);
  if (user()) return VIEWS[view](section);
  section.replaceChildren(element('h2', { tabindex: '-1' }, words[view]), element('p', {}, words['log-in-first']), door());
}

// The page's log-in.
function door() {
  const email = element('input', { type: 'email', autocomplete: 'username', required: true });
  const password = element('input', { type: 'password', autocomplete: 'current-password', required: true });
  const told = element('div', { role: 'alert' });
  const enter = element('button', { type: 'submit' }, words['log-in']);
  const form = element('form', { class: 'panel', method: 'post' }, element('div', { class: 'fields' }, element('label', {}, words.email, email),
    element('label', {}, words.password, password)), element('p', {}, enter), told);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    enter.disabled = true;
    try { await logIn(email.value, password.value); } catch (error) {
      told.replaceChildren(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
    }
    enter.disabled = false;
  });
  return form;
}

function showUser() {
  const box = document.getElementById('who');
  const leave = element('button', { type: 'button', class: 'quiet' }, words['log-out']);
  leave.addEventListener('click', () => logOut().catch(() => {}));
  box.replaceChildren(...(user() ? [element('span', {}, user().name || user().email), leave] : []));
  openLinked();
  main.querySelector(':scope > section:not([hidden]) > h2')?.focus();
}

onChange(showUser);
document.getElementById('filter').addEventListener('input', filter);
document.querySelector('form[role=search]').addEventListener('submit', (event) => event.preventDefault());
addEventListener('hashchange', openLinked);
openLinked();
fetch('/openapi.json').then((response) => response.json()).then((read) => {
  setDocument(read);
  show();
  state.textContent = '';
  openLinked();
}).catch(() => { state.textContent = words.unreadable; }).finally(() => list.removeAttribute('aria-busy'));
