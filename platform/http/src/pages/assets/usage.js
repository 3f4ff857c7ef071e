// What one's own keys have asked: a chart by hour and route, and a table. Whoever may see everything of the tenant can choose that.
import { button, drawing, element, moment, number, table, words } from './dom.js';
import { ask, reasons, user } from './session.js';

const HOUR = 3_600_000;
/** Label, hours, and hours that one bar stands for. */
const SPANS = [['usage-day', 24, 1], ['usage-week', 168, 3], ['usage-month', 720, 24]];
/** Routes with a colour of their own; the rest is one. */
const COLOURS = 5;
const READERS = ['admin', 'owner', 'analyst'];

/** Fills the section for whoever is signed in. */
export function showUsage(section) {
  const span = element('select', {}, ...SPANS.map(([label], at) => element('option', { value: String(at) }, words[label])));
  const mayReadAll = user().roles?.some((role) => READERS.includes(role));
  const whose = element('select', {}, element('option', { value: '' }, words['usage-own']), element('option', { value: 'admin/' }, words['usage-all']));
  const view = element('div', { 'aria-live': 'polite' });
  const state = element('p', { role: 'status', class: 'note' });
  const again = () => fill(view, state, SPANS[Number(span.value)], whose.value);
  const download = button(words['usage-csv'], (pressed) => save(pressed, SPANS[Number(span.value)], whose.value), { class: 'quiet' });
  span.addEventListener('change', again);
  whose.addEventListener('change', again);
  section.replaceChildren(element('h2', { tabindex: '-1' }, words.usage), element('p', {}, words['usage-introduction']),
    element('div', { class: 'row' }, element('label', {}, words['usage-span'], span), mayReadAll ? element('label', {}, words['usage-whose'], whose) : null,
      button(words['usage-again'], again, { class: 'quiet' }), download), state, view);
  return again();
}

const beginning = (hours) => new Date(Math.floor(Date.now() / HOUR) * HOUR - (hours - 1) * HOUR);

async function fill(view, state, [, hours, width], scope) {
  const from = beginning(hours);
  try {
    const sums = (by) => ask('GET', `/api/v1/${scope}usage/summary`, { query: { by, from: from.toISOString() } });
    const [byHour, byRoute, names] = await Promise.all([sums('hour,route'), sums('route,key,version'), namesOfKeys()]);
    state.textContent = byHour.truncated || byRoute.truncated ? words['usage-truncated'] : '';
    if (!byRoute.data.length) return view.replaceChildren(element('p', { class: 'note' }, words['usage-none']));
    view.replaceChildren(chart(byHour.data, from.getTime(), hours, width), table(
      [words['usage-route'], words['usage-version'], words['usage-key'], words['usage-requests'], words['usage-refused'], words['usage-limited'],
        words['usage-failed'], words['usage-millis']],
      byRoute.data.map((row) => [element('code', {}, row.route), `v${row.version}`, names.get(row.keyId) ?? row.keyId ?? '–', row.requests, row.refused,
        row.limited, row.failed, row.averageMillis])));
  } catch (error) {
    view.replaceChildren(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
  }
}

/** One's own keys by their names; others are shown by their ids. */
async function namesOfKeys() {
  const found = await ask('GET', '/api/v1/keys', { query: { limit: 100 } });
  return new Map(found.data.map((key) => [key.id, key.name]));
}

/** Bars of requests by time, each made of the routes that were asked most. */
function chart(rows, from, hours, width) {
  const totals = new Map();
  for (const row of rows) totals.set(row.route, (totals.get(row.route) ?? 0) + row.requests);
  const routes = [...totals].sort((one, other) => other[1] - one[1]).map(([route]) => route);
  const colourOf = (route) => Math.min(routes.indexOf(route), COLOURS);
  const bars = Array.from({ length: Math.ceil(hours / width) }, () => Array(COLOURS + 1).fill(0));
  for (const row of rows) {
    const at = Math.floor((Date.parse(row.hour) - from) / HOUR / width);
    if (bars[at]) bars[at][colourOf(row.route)] += row.requests;
  }
  const sum = (bar) => bar.reduce((all, part) => all + part, 0);
  const most = Math.max(1, ...bars.map(sum));
  const [high, step] = [160, 720 / bars.length];
  const drawn = bars.flatMap((bar, at) => {
    let top = high;
    const label = `${moment(from + at * width * HOUR)}: ${number(sum(bar))}`;
    return bar.map((part, colour) => {
      const height = (part / most) * high;
      top -= height;
      return part ? drawing('rect', { class: `part${colour}`, x: at * step + 1, y: top, width: Math.max(1, step - 2), height }, drawing('title', {}, label)) : null;
    }).filter(Boolean);
  });
  const picture = drawing('svg', { viewBox: `0 0 720 ${high}`, role: 'img', preserveAspectRatio: 'none', 'aria-label': words['usage-chart'] },
    drawing('line', { class: 'axis', x1: 0, x2: 720, y1: high, y2: high }), ...drawn);
  const shown = routes.slice(0, COLOURS).map((route, colour) => [colour, route]);
  if (routes.length > COLOURS) shown.push([COLOURS, words['usage-other']]);
  return element('figure', {}, element('p', { class: 'note' }, `${words['usage-most']}: ${number(most)}`), picture,
    element('p', { class: 'note ends' }, element('span', {}, moment(from)), element('span', {}, moment(Date.now()))),
    element('figcaption', {}, ...shown.map(([colour, route]) => element('span', { class: 'legend' },
      drawing('svg', { viewBox: '0 0 10 10', class: 'sample', 'aria-hidden': 'true' }, drawing('rect', { class: `part${colour}`, width: 10, height: 10 })), route))));
}

async function save(pressed, [, hours], scope) {
  pressed.disabled = true;
  try {
    const text = await ask('GET', `/api/v1/${scope}usage/export`, { query: { from: beginning(hours).toISOString() } });
    const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    element('a', { href: address, download: 'usage.csv' }).click();
    URL.revokeObjectURL(address);
  } catch (error) {
    pressed.after(...reasons(error).map((line) => element('p', { class: 'mark' }, line)));
  }
  pressed.disabled = false;
}
