import { DiscoError } from "../../lib/errors.ts";

/** Where and why a template failed; `message` of the error is the whole line as Go prints it. */
export type TemplateErrorDetails = {
	/** `parse`: the text is no template. `exec`: it is one, but it could not be executed on these data. */
	readonly kind: "parse" | "exec";
	/** Name of the template text, as given to `parse`. */
	readonly name: string;
	/** Line in that text, from 1; 0 when an execution error has no place. */
	readonly line: number;
	/** The reason alone, without the place. */
	readonly reason: string;
	/** Byte in the line, from 0 (execution errors only). */
	readonly column?: number;
	/** The defined template that was being executed (execution errors only). */
	readonly executing?: string;
	/** Source of the node that failed (execution errors only). */
	readonly at?: string;
	/** What a template function threw. */
	readonly cause?: unknown;
};

/**
 * The only error that `parse` and `execute` throw. Codes: `TEMPLATE_PARSE`, `TEMPLATE_EXECUTE`.
 *
 * Texts are Go's: `template: NAME:LINE: REASON` and `template: NAME:LINE:COLUMN: executing "T" at <AT>: REASON`.
 */
export class TemplateError extends DiscoError {
	readonly kind: "parse" | "exec";
	/** Name of the template text. */
	readonly template: string;
	/** Line from 1. */
	readonly line: number;
	/** The reason alone. */
	readonly reason: string;
	/** Byte in the line from 0, when the error is one of execution. */
	readonly column: number | undefined;
	/** Name of the defined template that was being executed. */
	readonly executing: string | undefined;
	/** Source of the node that failed. */
	readonly at: string | undefined;

	constructor(details: TemplateErrorDetails, message: string) {
		super(details.kind === "parse" ? "TEMPLATE_PARSE" : "TEMPLATE_EXECUTE", message, { cause: details.cause });
		this.name = "TemplateError";
		this.kind = details.kind;
		this.template = details.name;
		this.line = details.line;
		this.reason = details.reason;
		this.column = details.column;
		this.executing = details.executing;
		this.at = details.at;
	}
}

/** `template: NAME:LINE: REASON` */
export function parseError(name: string, line: number, reason: string): TemplateError {
	return new TemplateError({ kind: "parse", name, line, reason }, `template: ${name}:${line}: ${reason}`);
}
