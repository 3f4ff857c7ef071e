// Writes what Node's Intl makes of many values: a line of JSON for each case, to standard output.
//
// The first text of a case is what Intl writes. Each further one has the name of a rule (see main.rs) under which Intl, asked in
// another way, writes what Banyan means to write.

const LOCALES = ["en-US", "en-GB", "id-ID", "ar-EG", "de-DE", "ja-JP"];
const ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "America/New_York", "America/Los_Angeles", "Europe/Berlin",
  "Europe/London", "Africa/Cairo", "Asia/Tokyo", "UTC"];
// Currencies with the decimals that CLDR shows.
const CURRENCIES = { USD: 2, EUR: 2, GBP: 2, JPY: 0, IDR: 0, EGP: 2, KWD: 3, SGD: 2, AUD: 2, CNY: 2, INR: 2, CHF: 2 };
const MINOR = { JPY: 0, KWD: 3 };
const UNITS = ["second", "minute", "hour", "day", "week", "month", "quarter", "year"];
const WORDS = ["apple", "رمان", "東京", "Äpfel", "buku", "b c", "x", "yang", "Ida", "1"];

let seed = 20240115;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const times = (n, make) => Array.from({ length: n }, (_, at) => make(at));
const two = (n) => String(n).padStart(2, "0");

let lines = [];
function say(locale, kind, args, texts) {
  lines.push(JSON.stringify({ locale, kind, ...args, texts }));
  if (lines.length >= 1000) flush();
}
function flush() {
  process.stdout.write(lines.join("\n") + "\n");
  lines = [];
}

const formatters = new Map();
function of(type, locale, options) {
  const key = type.name + locale + JSON.stringify(options);
  if (!formatters.has(key)) formatters.set(key, new type(locale, options));
  return formatters.get(key);
}

// A short date by CLDR's own short pattern, with the year in full.
function shortPattern(locale, moment, zone, withTime) {
  const options = { dateStyle: "short", timeZone: zone, ...(withTime ? { timeStyle: "short" } : {}) };
  const year = of(Intl.DateTimeFormat, locale, { year: "numeric", timeZone: zone }).formatToParts(moment).find((p) => p.type === "year").value;
  return of(Intl.DateTimeFormat, locale, options).formatToParts(moment).map((p) => (p.type === "year" ? year : p.value)).join("");
}

// The pattern of a style with the day as a plain number.
function unpadded(locale, moment, options) {
  const day = of(Intl.NumberFormat, locale, {}).format(Number(of(Intl.DateTimeFormat, "en-US", { day: "numeric", timeZone: options.timeZone }).format(moment)));
  return of(Intl.DateTimeFormat, locale, options).formatToParts(moment).map((p) => (p.type === "day" ? day : p.value)).join("");
}

// Banyan's own short pattern for Indonesian: d/M/y, HH.mm.
function indonesian(moment, timeZone) {
  const date = of(Intl.DateTimeFormat, "id-ID", { timeZone }).format(moment);
  return `${date}, ${of(Intl.DateTimeFormat, "id-ID", { timeStyle: "short", timeZone }).format(moment)}`;
}

function dates(locale) {
  const edges = ["2024-01-15", "2024-02-29", "1999-12-31", "2000-01-01", "1900-03-01", "2100-11-09"];
  for (const text of [...edges, ...times(700, () => `${1900 + below(201)}-${two(1 + below(12))}-${two(1 + below(28))}`)]) {
    const moment = new Date(text + "T00:00:00Z");
    const zone = { timeZone: "UTC" };
    const short = of(Intl.DateTimeFormat, locale, { year: "numeric", month: "numeric", day: "numeric", ...zone }).format(moment);
    say(locale, "date", { value: text, style: "short" }, [["same", short], ["short-pattern", shortPattern(locale, moment, "UTC", false)]]);
    for (const style of ["medium", "long", "full"]) {
      const options = { dateStyle: style, ...zone };
      say(locale, "date", { value: text, style }, [
        ["same", of(Intl.DateTimeFormat, locale, options).format(moment)],
        ["day-unpadded", unpadded(locale, moment, options)],
      ]);
    }
  }
}

function clocks(locale) {
  for (const text of ["00:00:00", "12:00:00", "23:59:59", "00:30:00", ...times(300, () => `${two(below(24))}:${two(below(60))}:${two(below(60))}`)]) {
    const moment = new Date(`2024-01-15T${text}Z`);
    for (const style of ["short", "medium"]) {
      say(locale, "time", { value: text, style }, [["same", of(Intl.DateTimeFormat, locale, { timeStyle: style, timeZone: "UTC" }).format(moment)]]);
    }
  }
}

const civil = () => `${1970 + below(120)}-${two(1 + below(12))}-${two(1 + below(28))}T${two(below(24))}:${two(below(60))}:00`;

function moments(locale) {
  for (const text of times(300, civil)) {
    const moment = new Date(text + "Z");
    const clock = { hour: "numeric", minute: "2-digit", timeZone: "UTC" };
    const short = of(Intl.DateTimeFormat, locale, { year: "numeric", month: "numeric", day: "numeric", ...clock }).format(moment);
    say(locale, "dateTime", { value: text, style: "short" }, [
      ["same", short],
      ["short-pattern", shortPattern(locale, moment, "UTC", true)],
      ["indonesian-short", indonesian(moment, "UTC")],
    ]);
    for (const style of ["medium", "long", "full"]) {
      const options = { dateStyle: style, timeStyle: "short", timeZone: "UTC" };
      say(locale, "dateTime", { value: text, style }, [
        ["same", of(Intl.DateTimeFormat, locale, options).format(moment)],
        ["day-unpadded", unpadded(locale, moment, options)],
      ]);
    }
  }
}

function zoned(locale) {
  for (const text of times(100, () => `${2000 + below(25)}-${two(1 + below(12))}-${two(1 + below(28))}T${two(below(24))}:${two(below(60))}:00Z`)) {
    const moment = new Date(text);
    const zone = ZONES[below(ZONES.length)];
    const clock = { hour: "numeric", minute: "2-digit", timeZone: zone };
    const shown = { short: { month: "numeric" }, medium: { month: "short" }, long: { month: "long" }, full: { month: "long", weekday: "long" } };
    const name = of(Intl.DateTimeFormat, locale, { timeZone: zone, timeZoneName: "short" }).formatToParts(moment).find((p) => p.type === "timeZoneName").value;
    for (const style of Object.keys(shown)) {
      const parts = { year: "numeric", day: "numeric", ...shown[style], ...clock };
      const texts = [["same", of(Intl.DateTimeFormat, locale, { ...parts, timeZoneName: "short" }).format(moment)]];
      const plain = style === "short" ? shortPattern(locale, moment, zone, true)
        : of(Intl.DateTimeFormat, locale, { dateStyle: style, timeStyle: "short", timeZone: zone }).format(moment);
      const offset = of(Intl.DateTimeFormat, locale, { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(moment).find((p) => p.type === "timeZoneName").value;
      const plains = [plain, indonesian(moment, zone)];
      if (style !== "short") plains.push(unpadded(locale, moment, { dateStyle: style, timeStyle: "short", timeZone: zone }));
      texts.push(...plains.map((words) => ["zone-appended", `${words} ${name}`]));
      texts.push(...plains.map((words) => ["zone-offset", `${words} ${offset}`]));
      // Greenwich itself.
      if (offset === "GMT") texts.push(...plains.map((words) => ["zone-offset", `${words} GMT+0`]));
      if (locale === "ar-EG" && zone === "UTC") texts.push(["zone-utc", `${plain} التوقيت العالمي`]);
      say(locale, "zoned", { value: text, zone, style }, texts);
    }
  }
}

function decimal() {
  const whole = below(2) ? below(10) : below(10 ** (1 + below(9)));
  const scale = below(4);
  const decimals = scale ? "." + String(below(10 ** scale)).padStart(scale, "0") : "";
  return (below(5) ? "" : "-") + whole + decimals;
}
const scaleOf = (text) => (text.split(".")[1] ?? "").length;
const positive = (text) => (/^-0(\.0*)?$/.test(text) ? text.slice(1) : text);

// 9,999 rounds to ten thousands: with the words that go with thousands of which there are few.
function carried(locale, text, options) {
  const rounded = Number(Number(text).toPrecision(2));
  const power = 10 ** Math.floor(Math.log10(Math.abs(Number(text)) || 1));
  if (Math.abs(rounded) !== power * 10) return [];
  const write = of(Intl.NumberFormat, locale, options);
  const parts = write.formatToParts(3 * power * Math.sign(rounded));
  return [["carried", parts.map((p) => (p.type === "integer" ? of(Intl.NumberFormat, locale, {}).format(10) : p.value)).join("")]];
}

function numbers(locale) {
  const edges = ["0", "0.00", "1", "-1", "999", "1000", "9999", "10000", "999999999999", "0.005", "-1234567.891"];
  for (const text of [...edges, ...times(1500, () => positive(decimal()))]) {
    const digits = scaleOf(text);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    say(locale, "number", { value: text }, [["same", of(Intl.NumberFormat, locale, options).format(text)]]);
  }
  for (const text of times(500, () => positive(decimal()))) {
    const most = below(3);
    const both = (value, options) => [
      ["same", of(Intl.NumberFormat, locale, options).format(value)],
      ["half-even", of(Intl.NumberFormat, locale, { ...options, roundingMode: "halfEven" }).format(value)],
    ];
    say(locale, "rounded", { value: text, most }, both(text, { maximumFractionDigits: most }));
    const ratio = positive((text.startsWith("-") ? "-" : "") + "0." + text.replace(/[-.]/g, "").slice(0, 6));
    say(locale, "percent", { value: ratio, most }, both(ratio, { style: "percent", maximumFractionDigits: most }));
  }
  for (const text of [...edges, ...times(500, () => positive(decimal()))]) {
    for (const compactDisplay of ["short", "long"]) {
      const options = { notation: "compact", compactDisplay };
      say(locale, "compact", { value: text, style: compactDisplay }, [
        ["same", of(Intl.NumberFormat, locale, options).format(text)],
        ["half-even", of(Intl.NumberFormat, locale, { ...options, roundingMode: "halfEven" }).format(text)],
        ...carried(locale, text, options),
      ]);
    }
  }
}

function money(locale) {
  for (const currency of Object.keys(CURRENCIES)) {
    for (const minor of [0, 1, -1, 100, 123456, 123456700, ...times(100, () => (below(5) ? 1 : -1) * below(10 ** (1 + below(11))))]) {
      const scale = MINOR[currency] ?? 2;
      const digits = String(Math.abs(minor)).padStart(scale + 1, "0");
      const text = (minor < 0 ? "-" : "") + (scale ? digits.slice(0, -scale) + "." + digits.slice(-scale) : digits);
      const options = { style: "currency", currency };
      const shown = { minimumFractionDigits: CURRENCIES[currency], maximumFractionDigits: CURRENCIES[currency] };
      say(locale, "currency", { minor, currency }, [
        ["same", of(Intl.NumberFormat, locale, options).format(text)],
        ["currency-digits", of(Intl.NumberFormat, locale, { ...options, ...shown, roundingMode: "halfEven" }).format(text)],
      ]);
    }
  }
}

function plurals(locale) {
  for (const text of [...times(120, String), ...times(900, () => decimal().replace("-", ""))]) {
    const digits = scaleOf(text);
    const rules = of(Intl.PluralRules, locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    say(locale, "plural", { value: text }, [["same", rules.select(Number(text))]]);
  }
  for (const rank of [...times(130, Number), ...times(400, () => below(100000))]) {
    say(locale, "ordinal", { value: String(rank) }, [["same", of(Intl.PluralRules, locale, { type: "ordinal" }).select(rank)]]);
  }
}

function lists(locale) {
  for (const values of times(200, () => times(1 + below(5), () => WORDS[below(WORDS.length)]))) {
    for (const [type, style] of [["conjunction", "and"], ["disjunction", "or"]]) {
      say(locale, "list", { values, style }, [["same", of(Intl.ListFormat, locale, { type, style: "long" }).format(values)]]);
    }
  }
}

function distances(locale) {
  for (const unit of UNITS) {
    for (const amount of [-2, -1, 0, 1, 2, 3, 11, 100, -1234, ...times(90, () => (below(2) ? 1 : -1) * (1 + below(10 ** (1 + below(5)))))]) {
      for (const numeric of ["auto", "always"]) {
        say(locale, "relative", { amount, unit, style: numeric }, [["same", of(Intl.RelativeTimeFormat, locale, { numeric }).format(amount, unit)]]);
      }
    }
  }
}

console.log(JSON.stringify({ node: process.version, cldr: process.versions.cldr, icu: process.versions.icu, zones: process.versions.tz }));
for (const locale of LOCALES) {
  for (const part of [dates, clocks, moments, zoned, numbers, money, plurals, lists, distances]) part(locale);
}
flush();
