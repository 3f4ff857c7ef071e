// What the other scripts build the page with. Everything is made with `textContent`, so nothing that was read can become markup.

export const words = JSON.parse(document.querySelector('main').dataset.words);

export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key in made && typeof value !== 'string') made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function drawing(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));
export const block = (value) => element('pre', { tabindex: '0' }, element('code', {}, pretty(value)));

export function button(label, act, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, label);
  made.addEventListener('click', () => act(made));
  return made;
}

/** A button that copies what `text` gives when it is pressed. */
export function copyButton(text) {
  return button(words.copy, async (pressed) => {
    try {
      await navigator.clipboard.writeText(text());
      pressed.textContent = words.copied;
    } catch {
      // Browsers keep the clipboard from pages without TLS.
      pressed.textContent = words['copy-failed'];
    }
  }, { class: 'quiet' });
}

/** Text in which grave accents mark code. */
export const prose = (text) => (text ?? '').split('`').map((part, at) => (at % 2 ? element('code', {}, part) : part));

export function table(heads, rows) {
  const isNumber = (at) => typeof rows[0]?.[at] === 'number';
  const cell = (value) => (typeof value === 'number' ? element('td', { class: 'number' }, number(value)) : element('td', {}, value));
  return element('div', { class: 'scroll', tabindex: '0' }, element('table', {},
    element('thead', {}, element('tr', {}, ...heads.map((head, at) => element('th', { scope: 'col', ...(isNumber(at) ? { class: 'number' } : {}) }, head)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell))))));
}

const locale = document.documentElement.lang;
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
const moments = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
export const number = (value) => numbers.format(value);
export const moment = (text) => (text ? moments.format(new Date(text)) : '–');
