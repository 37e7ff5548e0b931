/**
 * Writes the reference part of docs/client.md from the declarations and comments of what `disco/client` exports.
 *
 *   node --import tsx scripts/client-document.ts           writes
 *   node --import tsx scripts/client-document.ts --check   fails when the document is not what it would write (npm run lint)
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import ts from "typescript";

const document = "docs/client.md";
const marker = "<!-- What follows is written by scripts/client-document.ts. -->";

const program = ts.createProgram(["client/index.ts"], {
	target: ts.ScriptTarget.ES2023,
	module: ts.ModuleKind.NodeNext,
	allowImportingTsExtensions: true,
	noEmit: true,
	types: ["node"],
});
const checker = program.getTypeChecker();

interface Exported {
	readonly name: string;
	readonly declaration: ts.Declaration;
	readonly about: string;
}

function exported(): readonly Exported[] {
	const face = program.getSourceFile("client/index.ts");
	const module = face && checker.getSymbolAtLocation(face);
	if (module === undefined) throw new Error("client/index.ts exports nothing");
	return checker.getExportsOfModule(module).map((alias) => {
		const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
		const [declaration] = symbol.declarations ?? [];
		if (declaration === undefined) throw new Error(`${alias.name} has no declaration`);
		return { name: alias.name, declaration, about: comment(symbol) };
	});
}

/** A declaration's comment as running text. */
function comment(symbol: ts.Symbol): string {
	const tags = symbol.getJsDocTags(checker).map(({ name, text }) => `@${name} ${ts.displayPartsToString(text)}`);
	return [ts.displayPartsToString(symbol.getDocumentationComment(checker)), ...tags]
		.join("\n")
		.replaceAll("\n\n", "\n")
		.replaceAll("\n", " ")
		.trim();
}

/** A declaration's text on one line, without its comments and `readonly`. */
function oneLine(node: ts.Node): string {
	return node
		.getText()
		.replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*$/gm, "")
		.replaceAll(/\breadonly /g, "")
		.replaceAll(/\s+/g, " ")
		.replaceAll(/\( | \)|,(?= [)\]}])/g, (text) => text.trim().replace(",", ""))
		.replace(/[;,]$/, "")
		.trim();
}

const isFace = (declaration: ts.Declaration): declaration is ts.InterfaceDeclaration =>
	ts.isInterfaceDeclaration(declaration) &&
	declaration.members.some((member) => ts.isMethodSignature(member) || familyOf(member) !== undefined);

/** The family that a field of `Client` is. */
function familyOf(member: ts.TypeElement): string | undefined {
	if (!ts.isPropertySignature(member) || member.type === undefined) return undefined;
	const name = member.type.getText();
	return /Client$|^Changes$/.test(name) ? name : undefined;
}

function faceText({ name, declaration, about }: Exported): string {
	if (!ts.isInterfaceDeclaration(declaration)) throw new Error(`${name} is no interface`);
	const above = declaration.heritageClauses?.flatMap(({ types }) => types.map((type) => `\`${type.getText()}\``)) ?? [];
	const lines = declaration.members.map((member) => {
		const symbol = member.name && checker.getSymbolAtLocation(member.name);
		const text = symbol === undefined ? "" : comment(symbol);
		return `- \`${oneLine(member)}\`${text === "" ? "" : `<br>${text}`}`;
	});
	const extended = above.length === 0 ? "" : ` Also everything of ${above.join(" and ")}.`;
	return [`### ${name}`, "", `${about}${extended}`.trim(), "", ...lines, ""].join("\n");
}

function functionText({ name, declaration, about }: Exported): string {
	const text = oneLine(declaration);
	const head = ts.isFunctionDeclaration(declaration)
		? text.slice(0, text.indexOf(oneLine(declaration.body ?? declaration))).trim()
		: `${name}: ${text}`;
	return `- \`${head.replace(/^export (async )?(function\*? )?/, "")}\`<br>${about}`;
}

/** The declaration as it stands in the source. */
function shapeText({ declaration }: Exported): string {
	const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
	return node
		.getFullText()
		.replaceAll(/\breadonly /g, "")
		.replaceAll(/^export /gm, "")
		.trim();
}

function reference(): string {
	const all = exported();
	const faces = all.filter(({ declaration }) => isFace(declaration));
	const client = faces.find(({ name }) => name === "Client");
	const families = client?.declaration as ts.InterfaceDeclaration;
	const order = ["Client", ...families.members.flatMap((member) => familyOf(member) ?? []), "Locks"];
	const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
	const functions = all.filter(({ declaration }) => ts.isFunctionDeclaration(declaration));
	const rest = all.filter((each) => !faces.includes(each) && !functions.includes(each));
	const files = new Map<string, Exported[]>();
	for (const each of rest) files.set(fileOf(each), [...(files.get(fileOf(each)) ?? []), each]);
	return [
		"## Reference",
		"",
		"`readonly`, which all fields are, is left out.",
		"",
		"### Functions",
		"",
		...functions.map(functionText),
		"",
		...[...faces].sort((a, b) => place(a.name) - place(b.name)).map(faceText),
		"## Types",
		"",
		...[...files].flatMap(([file, each]) => [`### ${file}`, "", "```ts", each.map(shapeText).join("\n\n"), "```", ""]),
	].join("\n");
}

function fileOf({ declaration }: Exported): string {
	return basename(declaration.getSourceFile().fileName, ".ts");
}

const before = readFileSync(document, "utf8");
const written = before.slice(0, before.indexOf(marker) + marker.length);
if (!before.includes(marker)) throw new Error(`${document} has no line ${marker}`);
const text = `${written}\n\n${reference().trimEnd()}\n`;
if (!process.argv.includes("--check")) writeFileSync(document, text);
else if (before !== text) {
	console.error(`${document} does not say what client/ exports: npm run document`);
	process.exitCode = 1;
}
