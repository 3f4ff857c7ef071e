// Writes the code that /docs shows: for every call of the server at URL with its examples, and a few to be run.
//   node snippets.mjs URL FOLDER     FOLDER has schema.mjs and snippets.mjs, the page's own scripts, and takes what is written
import { writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const [url, folder] = process.argv.slice(2);
const { setDocument, callOf } = await import(pathToFileURL(`${folder}/schema.mjs`));
const { LANGUAGES } = await import(pathToFileURL(`${folder}/snippets.mjs`));

const ENDINGS = { curl: 'sh', TypeScript: 'ts', Python: 'py' };
const api = await (await fetch(`${url}/openapi.json`)).json();
setDocument(api);

async function write(name, call) {
  for (const [language, code] of LANGUAGES) {
    const text = code(call);
    // The client writes JSON alone: forms are for browsers, other files for programs.
    const other = call.body && !/json$/.test(call.body.type);
    if (text === undefined && !(language === 'TypeScript' && other)) throw new Error(`${name}: no ${language}`);
    if (text !== undefined) await writeFile(`${folder}/${name}.${ENDINGS[language]}`, text);
  }
}

let count = 0;
for (const [path, item] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(item).filter(([, one]) => one.responses)) {
    await write(`call-${operation.operationId}`, callOf(method, path, operation, item.parameters ?? [], {}, undefined, url));
    count += 1;
  }
}

// What would end a text, a command or a program too early.
const EVIL = `it's "so" $(touch evil) \`touch evil\` \\ \\n %s {x} é 😀 -- ' + 1`;
const call = (method, path, given, body) => callOf(method, path, api.paths[path][method], [], given, body, url);
await write('run-1-make', call('post', '/api/v1/goals', {}, JSON.stringify({ title: EVIL, category: 'evil & co', targetValue: 2.5, milestones: [] })));
await write('run-2-list', call('get', '/api/v1/goals', { category: 'evil & co', limit: '100', 'Accept-Language': 'id-ID, en;q=0.5' }));
await write('run-3-export', call('get', '/api/v1/usage/export', {}));
await write('run-4-landing', call('get', '/api/v1/content/landing', {}));
console.log(JSON.stringify({ count, evil: EVIL }));
