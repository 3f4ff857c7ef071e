// One's own API keys: made, listed, revoked.
import { block, button, copyButton, element, moment, table, words } from './dom.js';
import { ask, reasons } from './session.js';

const DAY = 86_400_000;
const ENDS = [[30, '30'], [90, '90'], [365, '365']];

/** Fills the section for whoever is signed in. */
export function showKeys(section) {
  const list = element('div', { 'aria-live': 'polite' });
  const made = element('div', { role: 'status' });
  section.replaceChildren(element('h2', { tabindex: '-1' }, words.keys), element('p', {}, words['keys-introduction']), made, creation(made, () => fill(list)), list);
  return fill(list);
}

async function fill(list) {
  try {
    const all = [];
    for (let page = 1; page <= 10; page += 1) {
      const found = await ask('GET', '/api/v1/keys', { query: { page, limit: 100 } });
      all.push(...found.data);
      if (!found.pagination.hasNext) break;
    }
    list.replaceChildren(all.length ? table(
      [words['key-name'], words['key-scopes'], words['key-created'], words['key-used'], words['key-ends'], ''],
      all.map((key) => [key.name, [...key.scopes, ...key.networks].join(', ') || '–', moment(key.createdAt), moment(key.lastUsedAt), moment(key.expiresAt),
        revocation(key, list)])) : element('p', { class: 'note' }, words['keys-none']));
  } catch (error) {
    list.replaceChildren(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
  }
}

/** It asks back: programs that use the key stop at once. */
function revocation(key, list) {
  let asked = false;
  return button(words.revoke, async (pressed) => {
    if (!asked) {
      asked = true;
      pressed.textContent = words['revoke-sure'];
      pressed.classList.add('danger');
      return;
    }
    pressed.disabled = true;
    try {
      await ask('DELETE', `/api/v1/keys/${encodeURIComponent(key.id)}`);
      await fill(list);
      list.closest('section').querySelector('h2').focus();
    } catch (error) {
      pressed.replaceWith(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
    }
  }, { class: 'quiet', 'aria-label': `${words.revoke}: ${key.name}` });
}

function creation(made, changed) {
  const name = element('input', { required: true, maxlength: '100', autocomplete: 'off' });
  const scopes = element('input', { autocomplete: 'off', spellcheck: 'false', placeholder: 'analytics.read' });
  const networks = element('input', { autocomplete: 'off', spellcheck: 'false', placeholder: '203.0.113.0/24' });
  const ends = element('select', {}, element('option', { value: '' }, words['key-forever']),
    ...ENDS.map(([days, value]) => element('option', { value }, new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(days))));
  const send = element('button', { type: 'submit' }, words['key-make']);
  const form = element('form', { class: 'panel' }, element('h3', {}, words['key-new']),
    element('div', { class: 'fields' }, element('label', {}, words['key-name'], name), element('label', {}, words['key-ends'], ends),
      element('label', {}, words['key-scopes'], scopes), element('label', {}, words['key-networks'], networks)),
    element('p', { class: 'note' }, words['key-hint']), element('p', {}, send));
  const listed = (input) => input.value.split(/[\s,]+/).filter(Boolean);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    send.disabled = true;
    const expiresAt = ends.value ? new Date(Date.now() + Number(ends.value) * DAY).toISOString() : undefined;
    try {
      const body = { name: name.value.trim(), scopes: listed(scopes), networks: listed(networks), expiresAt };
      made.replaceChildren(shown(await ask('POST', '/api/v1/keys', { body })));
      form.reset();
      await changed();
    } catch (error) {
      made.replaceChildren(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
    }
    send.disabled = false;
  });
  return form;
}

/** The text of a new key: here and never again. */
function shown({ apiKey, secret }) {
  return element('div', { class: 'panel new' }, element('h3', {}, apiKey.name), element('p', {}, words['key-once']), block(secret),
    element('p', { class: 'row' }, copyButton(() => secret), button(words['key-use'], (pressed) => {
      document.getElementById('token').value = secret;
      pressed.textContent = words['key-used-here'];
      pressed.disabled = true;
    })));
}
