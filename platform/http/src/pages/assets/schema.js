// Reading the OpenAPI document. Nothing here touches the page, so that tests can run it without a browser.

/** What `resolve` looks in. */
export let api = {};
export const setDocument = (document) => { api = document; };

export function resolve(value) {
  const seen = new Set();
  while (value && typeof value.$ref === 'string' && !seen.has(value.$ref)) {
    seen.add(value.$ref);
    value = value.$ref.slice(2).split('/').reduce((at, part) => at?.[part], api);
  }
  return value ?? {};
}

export const nameOf = (schema) => (schema?.$ref ? schema.$ref.split('/').pop() : undefined);

// An example value for a schema, from its own examples where it has them.
export function exampleOf(schema, depth = 0) {
  const known = resolve(schema);
  if (known.example !== undefined) return known.example;
  if (known.examples?.length) return known.examples[0];
  if (known.default !== undefined) return known.default;
  if (known.enum?.length) return known.enum[0];
  if (depth > 8) return null;
  if (known.allOf) return Object.assign({}, ...known.allOf.map((part) => exampleOf(part, depth + 1)));
  const choices = known.oneOf ?? known.anyOf;
  if (choices) return exampleOf(choices.find((choice) => resolve(choice).type !== 'null') ?? {}, depth + 1);
  const type = [].concat(known.type ?? []).find((one) => one !== 'null') ?? (known.properties ? 'object' : undefined);
  switch (type) {
    case 'object': return Object.fromEntries(Object.entries(known.properties ?? {}).map(([key, part]) => [key, exampleOf(part, depth + 1)]));
    case 'array': return known.items ? [exampleOf(known.items, depth + 1)] : [];
    case 'integer': case 'number': return known.minimum ?? 0;
    case 'boolean': return true;
    case 'string': return { uuid: '0190a5b0-0000-7000-8000-000000000000', 'date-time': '2024-01-15T10:30:00Z', date: '2024-01-15' }[known.format] ?? '';
    default: return null;
  }
}

// `string (uuid) · 1–200`, `Goal[]`.
export function typeOf(schema) {
  const named = nameOf(schema);
  if (named) return named;
  const known = schema ?? {};
  if (known.oneOf || known.anyOf) return (known.oneOf ?? known.anyOf).map(typeOf).join(' | ');
  if (known.enum) return known.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (known.items) return `${typeOf(known.items)}[]`;
  const type = [].concat(known.type ?? ['any']).join(' | ');
  const low = known.minimum ?? known.minLength ?? known.minItems;
  const high = known.maximum ?? known.maxLength ?? known.maxItems;
  const range = low === undefined && high === undefined ? '' : ` · ${low ?? ''}–${high ?? ''}`;
  return `${type}${known.format ? ` (${known.format})` : ''}${range}`;
}

/** A call of the document, with what was given for its parameters by name, as the snippets take it. What is needed has an example at least. */
export function callOf(method, path, operation, shared, given, bodyText, origin) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map(resolve);
  const type = bodyTypeOf(operation);
  return {
    method: method.toUpperCase(), path, origin, open: isOpen(operation), answer: answerTypeOf(operation),
    body: type ? { type, text: bodyText ?? bodyExampleOf(operation) } : undefined,
    parameters: parameters.filter((one) => one.required || (given[one.name] ?? '') !== '').map((one) => ({
      name: one.name, in: one.in, type: [].concat(resolve(one.schema).type ?? []).find((name) => name !== 'null'),
      value: given[one.name] || String(one.example ?? exampleOf(one.schema) ?? '') || one.name,
    })),
  };
}

/** Whether it asks nobody who they are. */
export function isOpen(operation) {
  const security = operation.security ?? api.security ?? [];
  return security.length === 0 || security.some((one) => Object.keys(one).length === 0);
}

const contentOf = (operation) => resolve(operation.requestBody).content ?? {};
export const bodyTypeOf = (operation) => Object.keys(contentOf(operation))[0];

/** A body to begin with. */
export function bodyExampleOf(operation) {
  const type = bodyTypeOf(operation);
  const described = resolve(contentOf(operation)[type]);
  const example = described.example ?? exampleOf(described.schema);
  return type === 'application/x-www-form-urlencoded' ? String(new URLSearchParams(example)) : pretty(example) ?? '';
}

export const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

function answerTypeOf(operation) {
  const good = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2'))?.[1];
  return Object.keys(resolve(good).content ?? {})[0];
}
