// Says what is wrong with an AsyncAPI document, by the parser of the AsyncAPI initiative: node asyncapi.mjs ../../asyncapi.json
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const text = await readFile(process.argv[2], "utf8");
const { document, diagnostics } = await new Parser().parse(text);
// 0 is an error, 1 a warning; hints about what one might add are no faults.
const faults = diagnostics.filter((one) => one.severity <= 1 && one.code !== "asyncapi-latest-version");
for (const one of faults) console.log(`${one.path.join(".")}: ${one.message}`);
if (document) {
  const channels = document.channels().all();
  console.log(`${channels.length} channels, ${document.operations().all().length} operations, version ${document.version()}`);
}
process.exit(document && faults.length === 0 ? 0 : 1);
