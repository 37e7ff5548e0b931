/** One case with its outcome. */
export interface Outcome {
	readonly file: string;
	readonly name: string;
	/** Undefined: it passed. */
	readonly failure: string | undefined;
}

/** The outcomes as JUnit's XML, one suite per file. */
export function junitReport(outcomes: readonly Outcome[]): string {
	const suites = [...new Set(outcomes.map(({ file }) => file))].map((file) => {
		const cases = outcomes.filter((one) => one.file === file);
		const failures = cases.filter(({ failure }) => failure !== undefined).length;
		const lines = cases.map(({ name, failure }) => {
			const head = `\t\t<testcase classname="${escaped(file)}" name="${escaped(name)}"`;
			return failure === undefined ? `${head}/>` : `${head}><failure>${escaped(failure)}</failure></testcase>`;
		});
		return `\t<testsuite name="${escaped(file)}" tests="${cases.length}" failures="${failures}">\n${lines.join("\n")}\n\t</testsuite>`;
	});
	return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

/** XML 1.0 has no way to write most control characters. */
function escaped(text: string): string {
	const printable = [...text].filter((character) => character >= " " || "\t\n\r".includes(character)).join("");
	return printable.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
