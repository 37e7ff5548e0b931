// Makes a project of a user of the package: the examples of docs/client.md as example-N.ts, and a tsconfig for each way to find modules.
//   node scripts/package-user.mjs FOLDER
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const [written] = readFileSync("docs/client.md", "utf8").split("\n<!-- ");
const examples = [...written.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
if (examples.length === 0) throw new Error("docs/client.md has no example");
examples.forEach((code, number) => {
	writeFileSync(join(folder, `example-${number + 1}.ts`), code);
});
const common = {
	target: "ES2022",
	lib: ["ES2023"],
	strict: true,
	exactOptionalPropertyTypes: true,
	types: ["node"],
	outDir: "out",
};
const ways = {
	node16: { module: "node16", moduleResolution: "node16" },
	bundler: { module: "esnext", moduleResolution: "bundler", noEmit: true },
};
for (const [name, options] of Object.entries(ways)) {
	const config = { compilerOptions: { ...common, ...options }, include: ["*.ts"] };
	writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config));
}
