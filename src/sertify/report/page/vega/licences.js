// Writes the licences of all that esbuild put into the bundle.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const { inputs } = JSON.parse(readFileSync("meta.json", "utf8"));
const folders = new Set(
  Object.keys(inputs)
    .map((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0])
    .filter(Boolean),
);
const texts = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file && existsSync(`${folder}/${file}`) ? readFileSync(`${folder}/${file}`, "utf8") : "";
  return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
});
writeFileSync("LICENSES.txt", texts.join(`\n${"-".repeat(80)}\n\n`));
